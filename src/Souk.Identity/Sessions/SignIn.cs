using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Souk.Contracts;
using Souk.Identity.Accounts;
using Souk.Identity.Passwords;
using Souk.Identity.Tokens;
using Souk.Platform;

namespace Souk.Identity.Sessions;

/// <summary>
/// <c>POST /v1/sessions</c>: signs in. Mode <c>token</c> (default) answers an access and a refresh token; mode <c>cookie</c> sets a cookie that
/// scripts cannot read and answers the csrf token. With <c>Souk-Cart-Token</c> the guest's cart is copied to the account.
/// </summary>
/// <remarks>
/// An unknown e-mail costs what a wrong password costs and gets the same answer. No answer is stored: trying again makes another session.
/// </remarks>
internal static class SignIn
{
    public const string TokenMode = "token";

    /// <summary>A longer cart token is none.</summary>
    const int CartTokenLengthMax = 500;

    public sealed record Request([Required] string? Email, [Required] string? Password, [AllowedValues("token", "cookie")] string? Mode);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/sessions", Handle).ForEveryone().WithMetadata(IgnoresCaller.Instance).WithName(nameof(SignIn));

    static async Task<Results<Created<SignedIn>, Error>> Handle(Request request, [FromHeader(Name = "Souk-Cart-Token")] string? cartToken, NpgsqlDataSource db,
        PersonalData people, PasswordPool pool, SessionIssuer sessions, CookieSessions cookies, CsrfTokens csrf, SessionTokens tokens, IOrdering ordering,
        HttpContext http, CancellationToken cancel)
    {
        if (Refuse(request) is { } invalid) return invalid;
        if ((await CheckAsync(request, db, people, pool, cancel)).Refused(out var error, out var known)) return error;

        var isCookie = request.Mode == CookieSessions.Mode;
        if (await sessions.StartAsync(known.AccountId, known.PasswordHash, isCookie, cancel) is not var (account, token)) return SessionErrors.CredentialsWrong;
        var user = await account.ShowAsync(people, cancel);
        // Erased: nobody is there who could sign in, and nobody learns of the session.
        if (user.Email is null) return SessionErrors.CredentialsWrong;
        CartId? cart = cartToken is { Length: > 0 and <= CartTokenLengthMax }
            ? await ordering.CopyGuestCartAsync(cartToken, account.Id, cancel) : null;

        http.Response.Headers.CacheControl = "no-store";
        if (!isCookie) return TypedResults.Created("/v1/sessions/current", await sessions.AnswerAsync(account, user, token, cart, cancel));
        var cookie = tokens.Write(token, CookieSessions.Mode);
        cookies.Set(http, cookie);
        return TypedResults.Created("/v1/sessions/current", new SignedIn(user, CsrfToken: csrf.Make(cookie), CartId: cart));
    }

    internal static Error? Refuse(Request request) => Error.Invalid(ProfileRules.Wrong(
        ("/email", string.IsNullOrEmpty(request.Email) ? "An e-mail address is needed." : null),
        ("/password", string.IsNullOrEmpty(request.Password) ? "A password is needed." : null),
        ("/mode", request.Mode is null or TokenMode or CookieSessions.Mode ? null : "A mode is token or cookie.")));

    sealed record Known(Guid AccountId, string PasswordHash);

    /// <summary>The account of these credentials. Both outcomes take the same two queries and one hash.</summary>
    static async Task<Result<Known>> CheckAsync(Request request, NpgsqlDataSource db, PersonalData people, PasswordPool pool, CancellationToken cancel)
    {
        await using var connection = await db.OpenConnectionAsync(cancel);
        var id = await connection.QueryFirstAsync(RegisterUser.FindClaim, static row => row.GetGuid(0), [EmailAddress.Indexes(people, request.Email!)], cancel);
        var stored = await connection.QueryFirstAsync(FindHash, static row => row.GetString(0), [id], cancel);
        // The connection is not kept while the password waits for its turn.
        await connection.CloseAsync();

        var usable = PasswordRules.IsUsable(request.Password!);
        if ((await pool.RunAsync(() =>
            {
                var matches = PasswordHash.Matches(stored ?? PasswordHash.OfNobody, usable ? request.Password! : "") && usable && stored is not null;
                return (matches, Renewed: matches && PasswordHash.IsOutdated(stored!) ? PasswordHash.Make(request.Password!) : null);
            }, cancel)).Refused(out var busy, out var outcome)) return busy;
        if (!outcome.matches) return SessionErrors.CredentialsWrong;
        // Changed meanwhile: then the session below is refused, since it names the hash that was checked.
        if (outcome.Renewed is not null && await db.ExecuteAsync(Rehash, [id, stored, outcome.Renewed], cancel) == 1) stored = outcome.Renewed;
        return new Known(id, stored!);
    }

    // Before its address is verified, an account is for nobody: told otherwise, whoever registered an address would learn here whether it had one before.
    const string FindHash = "SELECT password_hash FROM identity.accounts WHERE id = $1 AND NOT must_verify_email";

    const string Rehash = "UPDATE identity.accounts SET password_hash = $3 WHERE id = $1 AND password_hash = $2";
}
