using System.Text.Json;
using Souk.Platform.Data;
using Souk.Platform.Outbox;

namespace Souk.Platform.SecurityLog;

/// <summary>Somebody should look at an account. Aggregate: the alert. At most one for each rule, account and hour.</summary>
/// <param name="Rule"><c>staff_role_given</c>, <c>refresh_token_reused</c> or <c>sign_ins_refused</c>.</param>
/// <param name="Seq">The entry of the security log that raised it.</param>
public sealed record SecurityAlert(string Rule, Guid AccountId, long Seq) : IEvent
{
    public static string Type => "security.alert";
}

/// <summary>The rules that entries are held against as they are sealed.</summary>
internal static class SecurityAlerts
{
    public const string StaffRoleGiven = "staff_role_given", RefreshTokenReused = "refresh_token_reused", SignInsRefused = "sign_ins_refused";

    /// <summary>So many refused sign-ins of one account within <see cref="RefusedMinutesMax"/> raise an alert.</summary>
    public const int RefusedMax = 10, RefusedMinutesMax = 10;

    /// <summary>A rule that an entry meets.</summary>
    public readonly record struct Met(string Rule, Guid AccountId, DateTimeOffset Hour, long Seq);

    /// <summary>What entries meet, each rule once for an account and hour. Pure.</summary>
    /// <param name="sealing">In order.</param>
    /// <param name="refusedBefore">By account, when its latest sign-ins were refused before these.</param>
    public static List<Met> Of(IReadOnlyList<SealedEntry> sealing, ILookup<Guid, DateTimeOffset> refusedBefore)
    {
        Dictionary<Guid, List<DateTimeOffset>> refused = [];
        List<Met> met = [];
        foreach (var (seq, entry) in sealing.Select(s => (s.Seq, s.Entry)))
        {
            if (entry.Target is not { Prefix: SecurityId.Account, Value: var account }) continue;
            if (entry.Act == SecurityAct.RolesChanged.Code && GivesStaffRole(entry)) met.Add(new(StaffRoleGiven, account, HourOf(entry.At), seq));
            else if (entry.Act == SecurityAct.RefreshTokenReused.Code) met.Add(new(RefreshTokenReused, account, HourOf(entry.At), seq));
            else if (entry.Act == SecurityAct.SignInRefused.Code)
            {
                if (!refused.TryGetValue(account, out var times)) refused[account] = times = [.. refusedBefore[account]];
                times.Add(entry.At);
                if (times.Count(at => at > entry.At.AddMinutes(-RefusedMinutesMax) && at <= entry.At) >= RefusedMax) met.Add(new(SignInsRefused, account, HourOf(entry.At), seq));
            }
        }
        return [.. met.DistinctBy(m => (m.Rule, m.AccountId, m.Hour))];
    }

    /// <summary>Asks the log for what was refused before, if these entries make it worth asking.</summary>
    public static async Task<List<Met>> FindAsync(NpgsqlConnection connection, List<SealedEntry> sealing, CancellationToken cancel)
    {
        var refused = sealing.Where(s => s.Entry.Act == SecurityAct.SignInRefused.Code && s.Entry.Target is not null).Select(s => s.Entry).ToList();
        if (refused.Count == 0) return Of(sealing, Enumerable.Empty<Guid>().ToLookup(id => id, _ => default(DateTimeOffset)));
        var before = await connection.QueryAsync(FindRefused, static row => (Account: row.GetGuid(0), At: row.GetFieldValue<DateTimeOffset>(1)),
            [refused.Select(e => e.Target!.Value.Value).Distinct().ToArray(), SecurityEntry.FirstIdAt(refused.Min(e => e.At).AddMinutes(-RefusedMinutesMax)), RefusedMax], cancel);
        return Of(sealing, before.ToLookup(b => b.Account, b => b.At));
    }

    /// <summary>Writes those that were not raised in their hour, and their events; answers which they are.</summary>
    public static async Task<List<SecurityAlert>> RaiseAsync(NpgsqlConnection connection, List<Met> met, DateTimeOffset now, CancellationToken cancel)
    {
        if (met.Count == 0) return [];
        var raised = await connection.QueryAsync(Note, static row => (Id: row.GetGuid(0), Alert: new SecurityAlert(row.GetString(1), row.GetGuid(2), row.GetInt64(3))),
            [met.Select(m => m.Rule).ToArray(), met.Select(m => m.AccountId).ToArray(), met.Select(m => m.Hour).ToArray(), met.Select(_ => Guid.CreateVersion7(now)).ToArray(),
                met.Select(m => m.Seq).ToArray()], cancel);
        if (raised.Count == 0) return [];
        await using var batch = connection.CreateBatch().AddEvents(1, now, raised.ConvertAll(r => (r.Id, r.Alert)));
        await batch.ExecuteNonQueryAsync(cancel);
        return raised.ConvertAll(r => r.Alert);
    }

    static bool GivesStaffRole(SecurityEntry entry) => entry.Outcome == SecurityEntries.CodeOf(SecurityOutcome.Done)
        && JsonElement.Parse(entry.Details).TryGetProperty("staff", out var staff) && staff.TryGetProperty("after", out var after) && after.ValueKind == JsonValueKind.True;

    static DateTimeOffset HourOf(DateTimeOffset at) => new(at.UtcDateTime.Date.AddHours(at.UtcDateTime.Hour), TimeSpan.Zero);

    const string FindRefused = """
        SELECT r.target_id, r.at
        FROM unnest($1::uuid[]) AS a (id) CROSS JOIN LATERAL (
            SELECT l.target_id, l.at FROM platform.security_log l
            WHERE l.target_id = a.id AND l.id >= $2 AND l.act = 'sign_in_refused' ORDER BY l.id DESC LIMIT $3
        ) AS r
        """;

    const string Note = """
        INSERT INTO platform.security_alerts (rule, subject, hour, id, seq)
        SELECT * FROM unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::uuid[], $5::bigint[]) AS m (rule, subject, hour, id, seq)
        ON CONFLICT DO NOTHING RETURNING id, rule, subject, seq
        """;
}
