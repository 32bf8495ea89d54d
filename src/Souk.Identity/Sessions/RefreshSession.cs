using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using Souk.Identity.Accounts;
using Souk.Identity.Tokens;
using Souk.Platform;
using Souk.Platform.Idempotency;
using Souk.Platform.SecurityLog;

namespace Souk.Identity.Sessions;

/// <summary>
/// <c>POST /v1/sessions/refresh</c>: exchanges a refresh token for the next and a new access token; the old one is spent. With an
/// <c>Idempotency-Key</c> chosen before the first try, a lost answer can be fetched again (the same refresh token, a fresh access token) until
/// the successor is used. Any other use of a spent token ends the session: either its owner or a thief holds a copy.
/// </summary>
/// <remarks>Of two at once, one guarded UPDATE lets one through. No token is stored: the successor follows from the old token and the key.</remarks>
internal static class RefreshSession
{
    public sealed record Request([Required] string? RefreshToken);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/sessions/refresh", Handle).ForEveryone().WithMetadata(IgnoresCaller.Instance).WithName(nameof(RefreshSession));

    static async Task<Results<Ok<SignedIn>, Error>> Handle(Request request, [OptionalHeader] IdempotencyKey key, NpgsqlDataSource db, PersonalData people, SessionTokens tokens,
        SessionIssuer sessions, RevokedSessions revoked, SecurityEntries entries, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (string.IsNullOrEmpty(request.RefreshToken)) return Error.Invalid("/refreshToken", "The refresh token of your last sign-in or refresh is needed.");
        string? retryKey = null;
        if (!string.IsNullOrEmpty(key.Text) && key.Required().Refused(out var unusable, out retryKey)) return unusable;
        if (tokens.Read(request.RefreshToken, SignIn.TokenMode) is not { } spent) return SessionErrors.RefreshTokenInvalid;

        var (now, next) = (clock.GetUtcNow(), tokens.Successor(spent, retryKey));
        var keyHash = retryKey is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(retryKey));
        var account = await db.QueryFirstAsync(Rotate, Account.Read, [spent.AccountId, spent.SessionId, spent.Hash(), next.Hash(),
            Sql.Bytea(keyHash), sessions.IdleUntil(now, isCookie: false), now], cancel);
        if (account is null)
        {
            if ((await FindFirstAnswerAsync(spent, next, keyHash, db, revoked, entries, http, now, cancel)).Refused(out var error, out account)) return error;
            IdempotencyKey.MarkReplayed(http);
        }
        var user = await account.ShowAsync(people, cancel);
        if (user.Email is null) return SessionErrors.RefreshTokenInvalid;
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(await sessions.AnswerAsync(account, user, next, null, cancel));
    }

    /// <summary>The token was not the current one: the same try sent again, or a spent token that ends the session.</summary>
    static async Task<Result<Account>> FindFirstAnswerAsync(SessionToken spent, SessionToken next, byte[]? keyHash, NpgsqlDataSource db, RevokedSessions revoked,
        SecurityEntries entries, HttpContext http, DateTimeOffset now, CancellationToken cancel)
    {
        if (keyHash is not null && await db.QueryFirstAsync(FindRetried, Account.Read,
            [spent.AccountId, spent.SessionId, spent.Hash(), next.Hash(), keyHash, now], cancel) is { } account) return account;
        // It was once ours, for its tag says so. Only a living session can have it as a spent one; of others there is nothing to end.
        var note = new SecurityNote(SecurityAct.RefreshTokenReused, SecurityActor.Nobody) { Outcome = SecurityOutcome.Refused, Details = new SecurityDetails().Session(spent.SessionId) };
        var entry = await entries.MakeAsync(note.Of(spent.AccountId), http, cancel);
        var ended = await db.QueryAsync(RevokeReused, static row => row.GetGuid(0), [spent.AccountId, spent.SessionId, spent.Hash(), now, entry.ToParameter()], cancel);
        revoked.Announce(ended);
        return ended.Count > 0 ? SessionErrors.RefreshTokenReused : SessionErrors.RefreshTokenInvalid;
    }

    const string Rotate = $"""
        UPDATE identity.sessions s
        SET secret_hash = $4, previous_secret_hash = $3, retry_key_hash = $5, idle_until = least($6, s.expires_at), last_seen_at = $7
        FROM identity.accounts a
        WHERE s.account_id = $1 AND s.id = $2 AND s.secret_hash = $3 AND s.mode = 'token' AND s.revoked_at IS NULL AND s.idle_until > $7 AND a.id = s.account_id
        RETURNING {Account.Columns}
        """;

    const string FindRetried = $"""
        SELECT {Account.Columns} FROM identity.sessions s JOIN identity.accounts a ON a.id = s.account_id
        WHERE s.account_id = $1 AND s.id = $2 AND s.previous_secret_hash = $3 AND s.secret_hash = $4 AND s.retry_key_hash = $5
            AND s.revoked_at IS NULL AND s.idle_until > $6
        """;

    // A session that ran out holds its token as the current one still: that is no reuse.
    const string RevokeReused = $"""
        WITH ended AS (
            UPDATE identity.sessions SET revoked_at = $4, revoked_because = 'refresh_token_reused'
            WHERE account_id = $1 AND id = $2 AND secret_hash <> $3 AND mode = 'token' AND revoked_at IS NULL RETURNING id
        ), logged AS (
            {AppendEntry.From} SELECT entry.* FROM ended, jsonb_to_record($5) {AppendEntry.Given}
        )
        SELECT id FROM ended
        """;
}
