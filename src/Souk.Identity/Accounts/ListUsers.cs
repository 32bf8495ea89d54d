using System.ComponentModel;
using Souk.Platform;
using Souk.Platform.Pagination;

namespace Souk.Identity.Accounts;

/// <summary><c>GET /v1/admin/users?limit=&amp;cursor=&amp;email=</c>: users, newest first, for staff; with <c>email</c> the one who has it.</summary>
internal static class ListUsers
{
    sealed record Key(Guid Id);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/admin/users", Handle).ForStaff(Permission.UsersRead).WithName(nameof(ListUsers));

    static async Task<Results<Ok<Page<User>>, Error>> Handle(PageRequest page, [Description("Finds the one who has it.")] string? email, NpgsqlDataSource db, PersonalData people, HttpContext http,
        CancellationToken cancel)
    {
        var indexes = email is null ? null : EmailAddress.Indexes(people, email);
        var list = indexes is null ? "users" : $"users {Convert.ToHexString(indexes[0])}";
        if (page.From<Key>(list).Refused(out var error, out var start)) return error;

        // Personal columns cannot be searched: the claim leads from the e-mail to the account, or to nobody.
        Guid? only = indexes is null ? null : await db.QueryFirstAsync(RegisterUser.FindClaim, static row => row.GetGuid(0), [indexes], cancel);
        var rows = await db.QueryAsync(start.Backward ? Newer : Older, Account.Read, [start.Limit + 1, start.Key?.Id, only], cancel);
        var users = new List<User>(rows.Count);
        foreach (var row in rows) users.Add(await row.ShowAsync(people, cancel));

        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(page.Answer(start, list, users, static user => new Key(user.Id.Value), static user => user));
    }

    const string Older = $"""
        SELECT {Account.Columns} FROM identity.accounts a
        WHERE a.id < coalesce($2, {Keyset.Last}) AND a.id BETWEEN coalesce($3, {Keyset.First}) AND coalesce($3, {Keyset.Last})
        ORDER BY a.id DESC LIMIT $1
        """;

    const string Newer = $"""
        SELECT {Account.Columns} FROM identity.accounts a
        WHERE a.id > coalesce($2, {Keyset.First}) AND a.id BETWEEN coalesce($3, {Keyset.First}) AND coalesce($3, {Keyset.Last})
        ORDER BY a.id LIMIT $1
        """;
}
