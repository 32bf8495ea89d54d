using System.Collections.Concurrent;
using System.Security.Cryptography;
using Souk.Identity.Accounts;
using Souk.Identity.SecondFactors;

namespace Souk.Identity.Sessions;

/// <summary>Sessions of browsers: a cookie nobody can read from a page, looked up in the database at most every <see cref="CacheSecondsMax"/> s.</summary>
internal sealed class CookieSessions(NpgsqlDataSource db, SessionTokens tokens, RevokedSessions revoked, TimeProvider clock, IdentityOptions options)
{
    /// <summary>The prefix makes browsers insist on Secure, Path=/ and no Domain (RFC 6265bis).</summary>
    public const string Name = "__Host-souk";

    public const string Mode = "cookie";

    /// <summary>How long a node may not know that a session ended elsewhere or its roles changed.</summary>
    public const int CacheSecondsMax = 2;

    /// <summary>Sessions kept in memory; when there are more, all are looked up anew.</summary>
    const int CachedMax = 20_000;

    /// <summary>The idle time is moved on in steps, so that reading pages is not writing rows.</summary>
    static readonly TimeSpan SlideStep = TimeSpan.FromHours(1);

    readonly ConcurrentDictionary<Guid, Living> cache = [];

    internal sealed record Living(Guid AccountId, Guid SessionId, IReadOnlyList<string> Roles, byte[] Hash, DateTimeOffset ReadAt);

    /// <summary>The session of the request's cookie; null for none, and for one that names no living session.</summary>
    public async ValueTask<Living?> FindAsync(HttpContext http, CancellationToken cancel)
    {
        if (tokens.Read(http.Request.Cookies[Name], Mode) is not { } token || revoked.Contains(token.SessionId)) return null;
        var (now, hash) = (clock.GetUtcNow(), token.Hash());
        if (cache.TryGetValue(token.SessionId, out var known) && (now - known.ReadAt).Duration() < TimeSpan.FromSeconds(CacheSecondsMax)
            && CryptographicOperations.FixedTimeEquals(known.Hash, hash)) return known;

        var found = await db.QueryFirstAsync(Find, static row => Tuple.Create(Account.RolesOf(row.GetBoolean(0), row.GetFieldValue<string[]>(1)), row.GetBoolean(2),
                row.GetFieldValue<DateTimeOffset>(3), row.GetFieldValue<DateTimeOffset>(4)),
            [token.AccountId, token.SessionId, hash, now, options.StaffNeedSecondFactor], cancel);
        if (found is not var (roles, lacksFactor, lastSeenAt, expiresAt)) return null;
        if (now - lastSeenAt > SlideStep)
            await db.ExecuteAsync(Slide, [token.AccountId, token.SessionId, Earlier(now.AddDays(options.CookieIdleDays), expiresAt), now], cancel);

        if (cache.Count >= CachedMax) cache.Clear();
        return cache[token.SessionId] = new(token.AccountId, token.SessionId, lacksFactor && roles.Count > 0 ? [StaffFactor.PendingRole] : roles, hash, now);
    }

    public void Set(HttpContext http, string token) => http.Response.Cookies.Append(Name, token, Options(TimeSpan.FromDays(options.SessionDaysMax)));

    public static void Clear(HttpContext http) => http.Response.Cookies.Append(Name, "", Options(TimeSpan.Zero));

    /// <summary>Takes the cookie back of who called with it and whose session has ended.</summary>
    public static void ClearOwn(HttpContext http)
    {
        if (http.User.Identity?.AuthenticationType == Mode) Clear(http);
    }

    static CookieOptions Options(TimeSpan age) => new() { HttpOnly = true, Secure = true, SameSite = SameSiteMode.Lax, Path = "/", MaxAge = age, IsEssential = true };

    static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    const string Find = """
        SELECT a.is_staff, a.roles, $5 AND NOT EXISTS (SELECT FROM identity.totp_factors f WHERE f.account_id = a.id AND f.active_since IS NOT NULL),
            coalesce(s.last_seen_at, s.created_at), s.expires_at
        FROM identity.sessions s JOIN identity.accounts a ON a.id = s.account_id
        WHERE s.account_id = $1 AND s.id = $2 AND s.secret_hash = $3 AND s.mode = 'cookie' AND s.revoked_at IS NULL AND s.idle_until > $4
        """;

    const string Slide = """
        UPDATE identity.sessions SET idle_until = greatest(idle_until, $3), last_seen_at = $4
        WHERE account_id = $1 AND id = $2 AND revoked_at IS NULL AND (last_seen_at IS NULL OR last_seen_at < $4)
        """;
}
