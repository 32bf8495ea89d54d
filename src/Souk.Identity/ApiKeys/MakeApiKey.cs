using System.ComponentModel.DataAnnotations;
using Souk.Contracts;
using Souk.Identity.Sessions;

namespace Souk.Identity.ApiKeys;

/// <summary>
/// <c>POST /v1/admin/api-keys</c>: makes a key for a machine, which may do what its permissions say until it expires or is revoked. The answer shows the key, once.
/// It belongs to the shop: it serves on when the account that made it loses a role. Needs a recent sign-in or step-up (403 <c>step_up_required</c>).
/// </summary>
/// <remarks>
/// Takes no Idempotency-Key, for no secret is stored to be shown again: after a lost answer the list shows a key that was never used; revoke it and make another.
/// A key never gets <c>keys:write</c> or <c>users:write</c>, nor what its maker may not do. Refusals, in this order: 422 for members, 409 <c>api_keys_full</c>.
/// </remarks>
internal static class MakeApiKey
{
    /// <summary>Living keys of a shop. Many made at the same instant may pass it by a few.</summary>
    public const int KeysMax = 200;

    /// <summary>A machine that could make keys or give roles could make itself able to do anything, for ever.</summary>
    static readonly Permission[] ForPeople = [Permission.KeysWrite, Permission.UsersWrite];

    /// <param name="Name">What it is for, in at most 100 characters.</param>
    /// <param name="Permissions">At least one, such as <c>orders:read</c>: docs/identity.md lists them.</param>
    /// <param name="ExpiresAt">At most 400 days from now.</param>
    public sealed record Request([Required] string? Name, [Required] IReadOnlyList<string>? Permissions, [Required] DateTimeOffset? ExpiresAt);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/admin/api-keys", Handle).ForStaff(Permission.KeysWrite).RequiresRecentSignIn().WithName(nameof(MakeApiKey));

    static async Task<Results<Created<ApiKey>, Error>> Handle(Request request, Caller caller, NpgsqlDataSource db, ApiKeyTexts texts, TimeProvider clock, HttpContext http,
        CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (Refuse(request, now, permission => http.User.HasClaim(Permission.Claim, permission.Name)) is { } invalid) return invalid;
        var key = ApiKeyTexts.New(Actor.NewApiKey(clock));
        var made = await db.QueryFirstAsync(Insert, ApiKey.Read, [key.Id.Value, request.Name!.Trim(), Permission.All.Select(p => p.Name).Where(request.Permissions!.Contains).ToArray(),
            key.Hash(), caller.RequiredAccountId, now, request.ExpiresAt!.Value.ToUniversalTime(), KeysMax], cancel);
        if (made is null) return ApiKeyErrors.Full;
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created($"/v1/admin/api-keys/{key.Id}", made with { Key = texts.Write(key) });
    }

    /// <summary>Everything that is wrong, at once.</summary>
    /// <param name="makerHas">Whether who makes the key has a permission.</param>
    internal static Error? Refuse(Request request, DateTimeOffset now, Func<Permission, bool> makerHas)
    {
        List<(string, string)> wrong = [];
        if (request.Name?.Trim() is not { Length: > 0 and <= ApiKey.NameLengthMax } name || name.Any(char.IsControl))
            wrong.Add(("/name", $"A key has a name of 1 to {ApiKey.NameLengthMax} characters, without control characters."));
        if (request.Permissions is not { Count: > 0 } given || given.Count > Permission.All.Count) wrong.Add(("/permissions", $"A key has 1 to {Permission.All.Count} permissions."));
        else
            foreach (var (i, permission) in given.Index())
                if (RefusePermission(permission, makerHas) is { } why) wrong.Add(($"/permissions/{i}", why));
        if (request.ExpiresAt is not { } end || end <= now || end > now.AddDays(ApiKey.DaysMax)) wrong.Add(("/expiresAt", $"A key expires, at most {ApiKey.DaysMax} days from now."));
        return Error.Invalid(wrong);
    }

    static string? RefusePermission(string? name, Func<Permission, bool> makerHas) => Permission.Find(name) switch
    {
        null => $"There is no such permission. There are {string.Join(", ", Permission.All.Except(ForPeople))}.",
        var permission when ForPeople.Contains(permission) => $"No key may have {permission}: it is for people who sign in.",
        var permission when !makerHas(permission) => $"You may not give {permission}: you do not have it.",
        _ => null,
    };

    const string Insert = $"""
        INSERT INTO identity.api_keys AS k (id, name, permissions, secret_hash, created_by, created_at, expires_at)
        SELECT $1, $2, $3, $4, $5, $6, $7
        WHERE (SELECT count(*) FROM identity.api_keys WHERE revoked_at IS NULL AND expires_at > $6) < $8
        RETURNING {ApiKey.Columns}
        """;
}
