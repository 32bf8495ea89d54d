using System.Security.Cryptography;
using System.Text;
using Souk.Identity.SecondFactors;

namespace Souk.Identity.Sessions;

/// <summary>
/// Sign-ins that wait for a second factor. A challenge lives five minutes, is answered once and takes five wrong codes; it serves only while the password is the one
/// that was checked. Whoever holds its token has shown the password and nothing more.
/// </summary>
/// <remarks>
/// How many there are is bounded by how many passwords are hashed in five minutes. A new one does not end those before it: else a stranger who knows the password
/// could keep the owner out.
/// </remarks>
internal sealed class Challenges(NpgsqlDataSource db, SessionTokens tokens, TimeProvider clock)
{
    public const int WrongCodesMax = 5, MinutesMax = 5;

    /// <summary>Of its token: it passes for no refresh token and no cookie.</summary>
    public const string TokenMode = "challenge";

    /// <summary>The 401 <c>second_factor_required</c> of an account with an active second factor; null for one without.</summary>
    public async Task<Error?> DueAsync(Guid accountId, string passwordHash, bool isCookie, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var token = SessionTokens.New(accountId, Guid.CreateVersion7(now));
        var expiresAt = now.AddMinutes(MinutesMax);
        return await db.ExecuteAsync(Begin, [accountId, token.SessionId, token.Hash(), isCookie ? CookieSessions.Mode : SignIn.TokenMode, Seal(passwordHash), now, expiresAt],
            cancel) == 0 ? null : SecondFactorErrors.Required(tokens.Write(token, TokenMode), expiresAt);
    }

    /// <summary>Tells whether the password has changed, without a second copy of its hash.</summary>
    public static byte[] Seal(string passwordHash) => SHA256.HashData(Encoding.UTF8.GetBytes(passwordHash));

    const string Begin = """
        INSERT INTO identity.challenges (account_id, id, secret_hash, mode, password_seal, created_at, expires_at)
        SELECT f.account_id, $2, $3, $4, $5, $6, $7 FROM identity.totp_factors f WHERE f.account_id = $1 AND f.active_since IS NOT NULL
        """;
}
