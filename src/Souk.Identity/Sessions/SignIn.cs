using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using Souk.Identity.Accounts;
using Souk.Identity.Guessing;
using Souk.Identity.Passwords;
using Souk.Identity.Tokens;
using Souk.Platform.SecurityLog;

namespace Souk.Identity.Sessions;

/// <summary>
/// <c>POST /v1/sessions</c>: signs in. Mode <c>token</c> (default) answers an access and a refresh token; mode <c>cookie</c> sets a cookie that
/// scripts cannot read and answers the csrf token. With <c>Souk-Cart-Token</c> the guest's cart is copied to the account. An account with a second factor gets no
/// session yet: 401 <c>second_factor_required</c> names a <c>challenge</c>, <c>methods</c> and <c>expiresAt</c>; a code goes to
/// <c>/v1/sessions/challenges/{challenge}</c>.
/// </summary>
/// <remarks>
/// After some wrong passwords the next is taken only after a while: 429 with <c>Retry-After</c>, also for the right one. <c>Souk-Device-Token</c>, as the last sign-in
/// on this device answered it (in mode <c>cookie</c> a cookie), keeps what strangers try from holding up this device.
/// An unknown e-mail costs what a wrong password costs and gets the same answer. No answer is stored: trying again makes another session.
/// </remarks>
internal static class SignIn
{
    public const string TokenMode = "token";

    public sealed record Request([Required] string? Email, [Required] string? Password, [AllowedValues("token", "cookie")] string? Mode);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/sessions", Handle).ForEveryone().WithMetadata(IgnoresCaller.Instance).WithName(nameof(SignIn));

    static async Task<Results<Created<SignedIn>, Error>> Handle(Request request, [FromHeader(Name = "Souk-Cart-Token")] string? cartToken,
        [FromHeader(Name = DeviceTokens.Header)] string? deviceToken, NpgsqlDataSource db, PasswordPool pool, SignInGuesses guesses, Challenges challenges,
        SessionIssuer sessions, SessionAnswers answers, SecurityEntries entries, HttpContext http, CancellationToken cancel)
    {
        if (Refuse(request) is { } invalid) return invalid;
        if ((await CheckAsync(request, deviceToken, http, db, pool, guesses, entries, cancel)).Refused(out var error, out var known)) return error;

        var isCookie = request.Mode == CookieSessions.Mode;
        if (await challenges.DueAsync(known.AccountId, known.PasswordHash, isCookie, cancel) is { } due) return due;
        if (await sessions.StartAsync(known.AccountId, known.PasswordHash, isCookie, http, cancel) is not var (account, token))
            return await RefuseAsync(known.AccountId, db, entries, http, cancel);
        return await answers.AnswerAsync(account, token, isCookie, cartToken, deviceToken, http, cancel);
    }

    internal static Error? Refuse(Request request) => Error.Invalid(ProfileRules.Wrong(
        ("/email", string.IsNullOrEmpty(request.Email) ? "An e-mail address is needed." : null),
        ("/password", string.IsNullOrEmpty(request.Password) ? "A password is needed." : null),
        ("/mode", request.Mode is null or TokenMode or CookieSessions.Mode ? null : "A mode is token or cookie.")));

    sealed record Known(Guid AccountId, string PasswordHash);

    /// <summary>The account of these credentials. Both outcomes take the same two queries and one hash; a wrong password is counted before it is answered.</summary>
    static async Task<Result<Known>> CheckAsync(Request request, string? deviceToken, HttpContext http, NpgsqlDataSource db, PasswordPool pool, SignInGuesses guesses,
        SecurityEntries entries, CancellationToken cancel)
    {
        await using var connection = await db.OpenConnectionAsync(cancel);
        if ((await guesses.BeginAsync(connection, request.Email!, DeviceTokens.Of(deviceToken, http.Request), http.Connection.RemoteIpAddress, cancel))
            .Refused(out var delayed, out var guess)) return delayed;
        var id = guess.AccountId;
        var stored = await connection.QueryFirstAsync(FindHash, static row => row.GetString(0), [id], cancel);
        // The connection is not kept while the password waits for its turn.
        await connection.CloseAsync();

        var usable = PasswordRules.IsUsable(request.Password!);
        if ((await pool.RunAsync(passwords =>
            {
                var matches = passwords.Matches(stored, usable ? request.Password! : "") && usable;
                return (matches, Renewed: matches && passwords.IsOutdated(stored!) ? passwords.Make(request.Password!) : null);
            }, cancel)).Refused(out var busy, out var outcome)) return busy;
        if (!outcome.matches)
        {
            await guesses.FailedAsync(guess);
            return await RefuseAsync(stored is null ? null : id, db, entries, http, cancel);
        }
        await guesses.SucceededAsync(guess);
        // Changed meanwhile: then the session below is refused, since it names the hash that was checked.
        if (outcome.Renewed is not null && await db.ExecuteAsync(Rehash, [id, stored, outcome.Renewed], cancel) == 1) stored = outcome.Renewed;
        return new Known(id, stored!);
    }

    /// <summary>Of an unknown e-mail nothing is noted but that there was one: neither it nor the address is anybody's here.</summary>
    static async Task<Error> RefuseAsync(Guid? accountId, NpgsqlDataSource db, SecurityEntries entries, HttpContext http, CancellationToken cancel)
    {
        var note = new SecurityNote(SecurityAct.SignInRefused, SecurityActor.Nobody) { Outcome = SecurityOutcome.Refused };
        await db.AppendSecurityEntryAsync(await entries.MakeAsync(accountId is { } known ? note.Of(known) : note, http, cancel), cancel);
        return SessionErrors.CredentialsWrong;
    }

    // Before its address is verified, an account is for nobody: told otherwise, whoever registered an address would learn here whether it had one before.
    const string FindHash = "SELECT password_hash FROM identity.accounts WHERE id = $1 AND NOT must_verify_email";

    const string Rehash = "UPDATE identity.accounts SET password_hash = $3 WHERE id = $1 AND password_hash = $2";
}
