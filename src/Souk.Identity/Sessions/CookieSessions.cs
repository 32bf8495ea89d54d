using System.Collections.Concurrent;
using System.Security.Cryptography;
using Souk.Identity.Accounts;

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

        var found = await db.QueryFirstAsync(Find, static row => Tuple.Create(
                Account.RolesOf(row.GetBoolean(0), row.GetFieldValue<string[]>(3)), row.GetFieldValue<DateTimeOffset>(1), row.GetFieldValue<DateTimeOffset>(2)),
            [token.AccountId, token.SessionId, hash, now], cancel);
        if (found is not var (roles, idleUntil, expiresAt)) return null;
        var slideTo = Earlier(now.AddDays(options.CookieIdleDays), expiresAt);
        if (slideTo - idleUntil > SlideStep) await db.ExecuteAsync(Slide, [token.AccountId, token.SessionId, slideTo], cancel);

        if (cache.Count >= CachedMax) cache.Clear();
        return cache[token.SessionId] = new(token.AccountId, token.SessionId, roles, hash, now);
    }

    public void Set(HttpContext http, string token) => http.Response.Cookies.Append(Name, token, Options(TimeSpan.FromDays(options.SessionDaysMax)));

    public static void Clear(HttpContext http) => http.Response.Cookies.Append(Name, "", Options(TimeSpan.Zero));

    static CookieOptions Options(TimeSpan age) => new() { HttpOnly = true, Secure = true, SameSite = SameSiteMode.Lax, Path = "/", MaxAge = age, IsEssential = true };

    static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    const string Find = """
        SELECT a.is_staff, s.idle_until, s.expires_at, a.roles
        FROM identity.sessions s JOIN identity.accounts a ON a.id = s.account_id
        WHERE s.account_id = $1 AND s.id = $2 AND s.secret_hash = $3 AND s.mode = 'cookie' AND s.revoked_at IS NULL AND s.idle_until > $4
        """;

    const string Slide = "UPDATE identity.sessions SET idle_until = $3 WHERE account_id = $1 AND id = $2 AND revoked_at IS NULL AND idle_until < $3";
}
