using System.Collections.Concurrent;
using Souk.Platform.Bus;

namespace Souk.Identity.Sessions;

/// <summary>
/// Sessions that ended of late, in the memory of every node, so that an access token of theirs is refused although it is checked without a
/// database. The bus tells of one at once; a look into the database every second makes up for what the bus lost.
/// </summary>
internal sealed class RevokedSessions(NpgsqlDataSource db, TimeProvider clock, IdentityOptions options, ILogger<RevokedSessions> log, IBus bus)
    : BackgroundService
{
    const string Topic = "identity.sessions-revoked";
    const int PollSeconds = 1;

    /// <summary>How far clocks of nodes may differ, and how long a revocation may take to commit after it took its time.</summary>
    const int OverlapSeconds = 60;

    /// <summary>By session, when it was learnt: forgotten once no access token can be alive.</summary>
    readonly ConcurrentDictionary<Guid, DateTimeOffset> revoked = [];

    public bool Contains(Guid sessionId) => revoked.ContainsKey(sessionId);

    /// <summary>Tells every node, this one at once. Call it after the commit.</summary>
    public void Announce(IReadOnlyCollection<Guid> sessionIds)
    {
        foreach (var id in sessionIds)
        {
            revoked[id] = clock.GetUtcNow();
            bus.Publish(Topic, id.ToString("n"));
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = bus.Subscribe(Topic, text =>
        {
            if (Guid.TryParseExact(text, "n", out var id)) revoked[id] = clock.GetUtcNow();
        });
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(PollSeconds), clock);
        var remembered = options.AccessTokenTime + TimeSpan.FromSeconds(2 * OverlapSeconds);
        DateTimeOffset? known = null;
        do
        {
            var now = clock.GetUtcNow();
            try
            {
                var since = known?.AddSeconds(-OverlapSeconds) ?? now - remembered;
                foreach (var id in await db.QueryAsync(RevokedSince, static row => row.GetGuid(0), [since], stoppingToken)) revoked.TryAdd(id, now);
                known = now;
            }
            catch (NpgsqlException away)
            {
                // What was revoked meanwhile on other nodes is caught up with: "known" stays where it is.
                log.LogWarning("Cannot learn which sessions were revoked; trying again in a second: {Reason}", away.Message);
            }
            foreach (var (id, learntAt) in revoked)
                if (learntAt < now - remembered) revoked.TryRemove(id, out _);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    const string RevokedSince = "SELECT id FROM identity.sessions WHERE revoked_at IS NOT NULL AND revoked_at >= $1";

    /// <summary>Ends all living sessions of an account but one (or none); answers which.</summary>
    public const string RevokeAll = """
        UPDATE identity.sessions SET revoked_at = $3, revoked_because = $4
        WHERE account_id = $1 AND ($2::uuid IS NULL OR id <> $2) AND revoked_at IS NULL RETURNING id
        """;

    /// <summary>Ends one session; answers its id unless it had ended.</summary>
    public const string RevokeOne = """
        UPDATE identity.sessions SET revoked_at = $3, revoked_because = $4
        WHERE account_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING id
        """;
}
