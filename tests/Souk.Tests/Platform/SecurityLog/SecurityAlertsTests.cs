using Souk.Platform.Data;
using Souk.Platform.SecurityLog;

namespace Souk.Tests.Platform.SecurityLog;

public sealed class SecurityAlertsTests(TestPostgres postgres)
{
    static readonly Guid Anna = Guid.CreateVersion7(), Bert = Guid.CreateVersion7();
    static readonly DateTimeOffset Noon = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("roles_changed", """{"staff": {"before": false, "after": true}}""", "staff_role_given")]
    [InlineData("roles_changed", """{"staff": {"before": true, "after": false}}""", null)]
    [InlineData("roles_changed", "{}", null)]
    [InlineData("refresh_token_reused", "{}", "refresh_token_reused")]
    [InlineData("sign_in_refused", "{}", null)]
    [InlineData("password_changed", "{}", null)]
    public void One_entry_meets_a_rule_or_none(string act, string details, string? rule) =>
        Assert.Equal(rule, Of([At(Noon, act, details: details)]).SingleOrDefault().Rule);

    [Fact]
    public void Ten_refused_sign_ins_of_one_account_within_ten_minutes_meet_a_rule()
    {
        Assert.Empty(Of(Refused(9, Noon)));
        Assert.Equal([10L], Of(Refused(10, Noon)).Select(m => m.Seq));
        Assert.Single(Of(Refused(25, Noon)));
        Assert.Empty(Of([.. Refused(9, Noon), At(Noon.AddMinutes(1), "sign_in_refused", Bert)]));
        Assert.Empty(Of([.. Refused(9, Noon), At(Noon.AddMinutes(12), "sign_in_refused")]));
        Assert.Empty(Of([.. Enumerable.Range(0, 30).Select(i => At(Noon.AddMinutes(2 * i), "sign_in_refused"))]));
    }

    [Fact]
    public void What_was_refused_before_counts_and_an_hour_has_one_alert()
    {
        var before = Enumerable.Range(1, 9).ToLookup(_ => Anna, i => Noon.AddMinutes(-i));
        Assert.Single(SecurityAlerts.Of([At(Noon, "sign_in_refused")], before));
        Assert.Equal([Noon, Noon.AddHours(1)], Of([.. Refused(10, Noon.AddMinutes(59)), At(Noon.AddMinutes(61), "sign_in_refused")]).Select(m => m.Hour));
    }

    [Fact]
    public async Task Alerts_are_told_as_events_with_the_sealing_once_in_an_hour()
    {
        await using var log = await LogDatabase.NewAsync(postgres);
        log.Clock.Advance(new DateTimeOffset(2100, 1, 1, 9, 15, 0, TimeSpan.Zero) - log.Clock.GetUtcNow());
        var account = Guid.CreateVersion7();
        for (var step = 0; step < 3; step++)
        {
            for (var i = 0; i < 6; i++) await log.AppendAsync(await log.EntryAsync(act: SecurityAct.SignInRefused, target: account));
            await log.AppendAsync(await log.EntryAsync(act: SecurityAct.RefreshTokenReused, target: account));
            await log.SealAllAsync();
            if (step == 1) log.Clock.Advance(TimeSpan.FromHours(1));
        }
        var told = await log.Db.QueryAsync("""
            SELECT payload ->> 'rule', (payload ->> 'seq')::bigint FROM platform.outbox WHERE type = 'security.alert' AND payload ->> 'accountId' = $1 ORDER BY xid, id
            """,
            static row => (row.GetString(0), row.GetInt64(1)), [account.ToString()], default);
        Assert.Equal([("refresh_token_reused", 7), ("sign_ins_refused", 11), ("refresh_token_reused", 21)], told);
    }

    static List<SecurityAlerts.Met> Of(IEnumerable<SealedEntry> entries) =>
        SecurityAlerts.Of([.. entries.Select((e, i) => e with { Seq = i + 1 })], Enumerable.Empty<int>().ToLookup(_ => Guid.Empty, _ => Noon));

    static IEnumerable<SealedEntry> Refused(int count, DateTimeOffset from) => Enumerable.Range(0, count).Select(i => At(from.AddSeconds(i), "sign_in_refused"));

    static SealedEntry At(DateTimeOffset at, string act, Guid? account = null, string details = "{}") =>
        new(1, new(Guid.CreateVersion7(at), at, act, "done", SecurityActor.Nobody, new SecurityId(SecurityId.Account, account ?? Anna), null, details, null), 1, [], [], []);
}
