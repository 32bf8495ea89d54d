using System.Text.Json;
using Souk.Platform;

namespace Souk.Identity.Accounts;

/// <summary><c>PATCH /v1/me</c> (If-Match): a merge patch (RFC 7396) on name and locale; null clears, absent keeps.</summary>
internal static class ChangeMe
{
    /// <summary>An absent member is <see cref="JsonValueKind.Undefined"/>, a null one <see cref="JsonValueKind.Null"/>.</summary>
    [MergePatch]
    public sealed record Request([Holds(typeof(string))] JsonElement Name, [Holds(typeof(string))] JsonElement Locale);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPatch("/v1/me", Handle).ForSignedIn().WithName(nameof(ChangeMe));

    static async Task<Results<Ok<User>, Error>> Handle(Request request, IfMatch match, Caller caller, NpgsqlDataSource db, PersonalData people, TimeProvider clock,
        HttpContext http, CancellationToken cancel)
    {
        if (match.Required().Refused(out var precondition, out var version)) return precondition;
        if (Refuse(request) is { } invalid) return invalid;
        var id = caller.RequiredAccountId;
        if (await Account.FindAsync(db, id, cancel) is not { } before) return AccountErrors.NotFound;
        if (await people.RevealAsync(id, Account.EmailColumn, before.Email, cancel) is null) return AccountErrors.NotFound;

        byte[]? name;
        try
        {
            name = Text(request.Name) is { } given ? await people.ProtectAsync(id, Account.NameColumn, given.Trim(), cancel) : null;
        }
        catch (PersonErasedException)
        {
            return AccountErrors.NotFound;
        }
        var after = await db.QueryFirstAsync(Change, Account.Read, [id, version, IsGiven(request.Name),
            Sql.Bytea(name), IsGiven(request.Locale), Text(request.Locale), clock.GetUtcNow()], cancel);
        if (after is null) return ETag.VersionMismatch;

        ETag.Set(http, after.Version);
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(await after.ShowAsync(people, cancel));
    }

    internal static Error? Refuse(Request request) => Error.Invalid(ProfileRules.Wrong(
        ("/name", NotText(request.Name) ?? ProfileRules.RefuseName(Text(request.Name))),
        ("/locale", NotText(request.Locale) ?? ProfileRules.RefuseLocale(Text(request.Locale)))));

    static bool IsGiven(JsonElement member) => member.ValueKind != JsonValueKind.Undefined;

    static string? NotText(JsonElement member) =>
        member.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.String ? null : "Expected a text, or null to clear it.";

    static string? Text(JsonElement member) => member.ValueKind == JsonValueKind.String ? member.GetString() : null;

    const string Change = $"""
        UPDATE identity.accounts a
        SET name = CASE WHEN $3 THEN $4 ELSE a.name END, locale = CASE WHEN $5 THEN $6 ELSE a.locale END, version = a.version + 1, updated_at = $7
        WHERE a.id = $1 AND a.version = $2
        RETURNING {Account.Columns}
        """;
}
