using Souk.Platform;

namespace Souk.Identity.SecondFactors;

/// <summary>
/// Whether a code proves the second factor of an account: six digits are one of the authenticator, anything else a recovery code. To look at a code does not use
/// it; that is done once, in the transaction of what it allows.
/// </summary>
/// <remarks>
/// Six digits can be guessed, also by who knows the password and asks for one challenge after another. So wrong ones are counted on the factor: after each ten,
/// none is looked at for 15 minutes, then twice as long, up to a day; a right one forgets them. Recovery codes cannot be guessed and are never blocked: with them
/// the owner comes in while somebody tries.
/// </remarks>
internal sealed class SecondFactorCodes(NpgsqlDataSource db, PersonalData people, TimeProvider clock)
{
    /// <summary>Ways to answer, as problems name them.</summary>
    public static readonly IReadOnlyList<string> Methods = ["totp", "recovery_code"];

    /// <summary>What the secret is bound to; never renamed.</summary>
    public const string SecretColumn = "identity.totp_factors.secret";

    /// <summary>Who finds the factor blocked by a rival a moment ago is told to wait so long.</summary>
    static readonly TimeSpan FirstBlock = TimeSpan.FromMinutes(15);

    /// <summary>A right code that is not used yet: either the step it is of, or the hash it is stored as.</summary>
    internal sealed record Proof(Guid AccountId, long? Step, byte[]? RecoveryHash);

    sealed record Factor(byte[] Secret, long LastUsedStep, DateTimeOffset? BlockedUntil);

    public Task<bool> HasFactorAsync(Guid accountId, CancellationToken cancel) => db.QueryFirstAsync(HasFactor, static row => row.GetBoolean(0), [accountId], cancel);

    /// <summary>The proof; 401 <c>code_wrong</c>, 429 <c>codes_too_many</c>.</summary>
    public async Task<Result<Proof>> CheckAsync(Guid accountId, string code, CancellationToken cancel)
    {
        if (Totp.Read(code) is not { } digits)
            return RecoveryCodes.Hash(accountId, code) is { } hash && await db.QueryFirstAsync(HasRecoveryCode, static row => row.GetBoolean(0), [accountId, hash], cancel)
                ? new Proof(accountId, null, hash) : SecondFactorErrors.CodeWrong;

        if (await db.QueryFirstAsync(FindFactor, static row => new Factor(row.GetFieldValue<byte[]>(0), row.GetInt64(1), row.Nullable<DateTimeOffset>(2)), [accountId], cancel)
            is not { } factor) return SecondFactorErrors.CodeWrong;
        var now = clock.GetUtcNow();
        if (factor.BlockedUntil is { } until && until > now) return SecondFactorErrors.CodesTooMany(until - now);
        // Null once the person was erased: then no code is right.
        if (await people.RevealBytesAsync(accountId, SecretColumn, factor.Secret, cancel) is { } secret
            && Totp.FindStep(secret, digits, now) is { } step)
            // Sent twice is no guess: refused, and not counted.
            return step > factor.LastUsedStep ? new Proof(accountId, step, null) : SecondFactorErrors.CodeWrong;
        return await db.ExecuteAsync(CountWrong, [accountId, now], cancel) == 1 ? SecondFactorErrors.CodeWrong : SecondFactorErrors.CodesTooMany(FirstBlock);
    }

    /// <summary>False when a rival used the code, or the factor was blocked or removed meanwhile: then the caller rolls back.</summary>
    public async Task<bool> UseAsync(NpgsqlConnection connection, Proof proof, CancellationToken cancel) => 1 == await (proof.Step is { } step
        ? connection.ExecuteAsync(UseStep, [proof.AccountId, step, clock.GetUtcNow()], cancel)
        : connection.ExecuteAsync(UseRecoveryCode, [proof.AccountId, proof.RecoveryHash], cancel));

    const string HasFactor = "SELECT EXISTS (SELECT FROM identity.totp_factors WHERE account_id = $1 AND active_since IS NOT NULL)";

    const string HasRecoveryCode = "SELECT EXISTS (SELECT FROM identity.recovery_codes WHERE account_id = $1 AND code_hash = $2)";

    const string FindFactor = "SELECT secret, last_used_step, blocked_until FROM identity.totp_factors WHERE account_id = $1 AND active_since IS NOT NULL";

    // Of many at once only as many are told "wrong" as are counted here, and a right one passes only the same guard: nobody learns more by asking faster.
    const string CountWrong = """
        UPDATE identity.totp_factors
        SET wrong_codes = wrong_codes + 1,
            blocked_until = CASE WHEN (wrong_codes + 1) % 10 = 0
                THEN $2::timestamptz + least(interval '1 day', interval '15 minutes' * power(2, least((wrong_codes + 1) / 10 - 1, 7))) END
        WHERE account_id = $1 AND active_since IS NOT NULL AND (blocked_until IS NULL OR blocked_until <= $2)
        """;

    const string UseStep = """
        UPDATE identity.totp_factors SET last_used_step = $2, wrong_codes = 0, blocked_until = NULL
        WHERE account_id = $1 AND active_since IS NOT NULL AND last_used_step < $2 AND (blocked_until IS NULL OR blocked_until <= $3)
        """;

    const string UseRecoveryCode = "DELETE FROM identity.recovery_codes WHERE account_id = $1 AND code_hash = $2";
}
