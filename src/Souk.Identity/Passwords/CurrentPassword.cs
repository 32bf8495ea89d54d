using Souk.Identity.Guessing;

namespace Souk.Identity.Passwords;

/// <summary>Asks the signed-in for their password once more, before what a borrowed session must not do.</summary>
internal sealed class CurrentPassword(NpgsqlDataSource db, PasswordPool pool, SignInGuesses guesses)
{
    /// <summary>Null when it is the password of the account; 403 <c>password_wrong</c>, 429 <c>sign_in_delayed</c> after some wrong ones, 503 <c>sign_in_busy</c>.</summary>
    public async Task<Error?> RefuseAsync(Caller caller, string password, CancellationToken cancel)
    {
        var accountId = caller.RequiredAccountId;
        if ((await guesses.BeginChangeAsync(accountId, caller.SessionId, cancel)).Refused(out var delayed, out var guess)) return delayed;
        var stored = await db.QueryFirstAsync(FindHash, static row => row.GetString(0), [accountId], cancel);
        if (stored is null || !PasswordRules.IsUsable(password)) return PasswordErrors.Wrong;
        if ((await pool.RunAsync(passwords => passwords.Matches(stored, password), cancel)).Refused(out var busy, out var matches)) return busy;
        await (matches ? guesses.SucceededAsync(guess) : guesses.FailedAsync(guess));
        return matches ? null : PasswordErrors.Wrong;
    }

    const string FindHash = "SELECT password_hash FROM identity.accounts WHERE id = $1";
}
