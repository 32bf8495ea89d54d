using Souk.Platform;

namespace Souk.Identity.Accounts;

/// <summary><c>GET /v1/admin/users/{id}</c>: one user, for staff.</summary>
internal static class ReadUser
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/admin/users/{id}", Handle).ForStaff(Permission.UsersRead).WithName(nameof(ReadUser));

    static async Task<Results<Ok<User>, StatusCodeHttpResult, Error>> Handle(AccountId id, NpgsqlDataSource db, PersonalData people, HttpContext http,
        CancellationToken cancel)
    {
        if (await Account.FindAsync(db, id.Value, cancel) is not { } account) return AccountErrors.NotFound;
        http.Response.Headers.CacheControl = "private, no-store";
        return ETag.Matches(http, account.Version) ? TypedResults.StatusCode(304) : TypedResults.Ok(await account.ShowAsync(people, cancel));
    }
}
