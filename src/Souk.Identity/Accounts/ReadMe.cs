using Souk.Identity.Tokens;
using Souk.Platform;

namespace Souk.Identity.Accounts;

/// <summary><c>GET /v1/me</c>: the signed-in user; 304 for a version that the caller has.</summary>
/// <remarks>With a cookie the answer also carries the header <c>Souk-Csrf-Token</c>, for a page that was loaded anew and has lost it.</remarks>
internal static class ReadMe
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/me", Handle).ForSignedIn().WithName(nameof(ReadMe));

    static async Task<Results<Ok<User>, StatusCodeHttpResult, Error>> Handle(Caller caller, NpgsqlDataSource db, PersonalData people, CsrfTokens csrf,
        HttpContext http, CancellationToken cancel)
    {
        if (await Account.FindAsync(db, caller.RequiredAccountId, cancel) is not { } account) return AccountErrors.NotFound;
        var user = await account.ShowAsync(people, cancel);
        if (user.Email is null) return AccountErrors.NotFound;

        http.Response.Headers.CacheControl = "private, no-store";
        if (csrf.Of(http) is { } token) http.Response.Headers[CsrfTokens.Header] = token;
        return ETag.Matches(http, user.Version) ? TypedResults.StatusCode(304) : TypedResults.Ok(user);
    }
}
