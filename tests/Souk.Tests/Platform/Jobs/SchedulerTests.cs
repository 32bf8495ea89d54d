using System.Collections.Concurrent;
using System.Globalization;
using Souk.Platform.Jobs;
using Souk.Platform.Modules;

namespace Souk.Tests.Platform.Jobs;

public sealed class SchedulerTests(TestPostgres postgres)
{
    const string Type = "test.tick", EveryHour = "0 0 * * * *";

    [Theory]
    [InlineData("0 0 * * * *", "2026-03-01T10:00:00Z", "2026-03-01T10:59:59Z", null)]
    [InlineData("0 0 * * * *", "2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z", "2026-03-01T11:00:00Z")]
    [InlineData("0 0 * * * *", "2026-01-01T10:00:00Z", "2026-03-01T11:30:00Z", "2026-03-01T11:00:00Z")]
    [InlineData("*/5 * * * * *", "2026-03-01T10:00:00Z", "2026-03-01T10:00:13Z", "2026-03-01T10:00:10Z")]
    [InlineData("0 17 3 * * *", "2026-03-01T10:00:00Z", "2026-03-02T03:17:00Z", "2026-03-02T03:17:00Z")]
    [InlineData("0 0 0 29 2 *", "2025-01-01T00:00:00Z", "2027-01-01T00:00:00Z", null)]
    // The clock of the shop is UTC: no hour is left out or comes twice when others change theirs.
    [InlineData("0 30 2 * * *", "2026-03-29T00:00:00Z", "2026-03-29T02:30:00Z", "2026-03-29T02:30:00Z")]
    public void Of_the_ticks_since_the_last_only_the_latest_is_due(string cron, string last, string now, string? due) =>
        Assert.Equal(due is null ? null : At(due), new Schedule(Type, cron).DueTick(At(last), At(now)));

    [Theory]
    [InlineData("* * * * *")]
    [InlineData("every hour")]
    public void A_cron_expression_that_is_none_is_refused_where_it_is_written(string cron) =>
        Assert.ThrowsAny<FormatException>(() => new WorkMap().Every(cron, Type, (_, _, _) => Task.CompletedTask));

    [Fact]
    public async Task Nodes_that_race_run_every_tick_once_and_a_new_schedule_starts_with_its_next()
    {
        const int hours = 5;
        var ticks = new ConcurrentQueue<DateTimeOffset>();
        void Map(WorkMap work) => work.Every(EveryHour, Type, (tick, _, _) => Note(ticks, tick));
        await using var one = await WorkNode.StartAsync(await postgres.NewDatabaseAsync(), Map);
        await using var other = await WorkNode.StartAsync(one.ConnectionString, Map);
        await Registered(one);
        var first = NextHour(one.Clock.GetUtcNow());

        for (var hour = 0; hour < hours; hour++)
        {
            one.Clock.Advance(TimeSpan.FromHours(1));
            other.Clock.Advance(TimeSpan.FromHours(1));
            // Known to be done too: an hour later the lease of a job whose end was not yet written would have run out.
            await Answers.Eventually(async () => ticks.Count == hour + 1 && await Waiting(one) == 0, $"tick {hour} ran");
        }
        Assert.Equal(Enumerable.Range(0, hours).Select(hour => first.AddHours(hour)), ticks);
    }

    [Fact]
    public async Task A_shop_that_slept_makes_up_for_the_latest_tick_alone()
    {
        var ticks = new ConcurrentQueue<DateTimeOffset>();
        void Map(WorkMap work) => work.Every(EveryHour, Type, (tick, _, _) => Note(ticks, tick));
        await using var node = await WorkNode.StartAsync(await postgres.NewDatabaseAsync(), Map);
        await Registered(node);
        node.Clock.Advance(TimeSpan.FromDays(30));
        var latest = NextHour(node.Clock.GetUtcNow()).AddHours(-1);
        await Answers.Eventually(async () => !ticks.IsEmpty && await Waiting(node) == 0, "a tick ran");
        node.Clock.Advance(TimeSpan.FromHours(1));
        await Answers.Eventually(() => Task.FromResult(ticks.Contains(latest.AddHours(1))), "the next tick ran");
        Assert.Equal([latest, latest.AddHours(1)], ticks);
    }

    /// <summary>One runs, one waits; the ticks meanwhile are left out.</summary>
    [Fact]
    public async Task Ticks_do_not_pile_up_behind_a_job_that_takes_longer_than_its_period()
    {
        var ticks = new ConcurrentQueue<DateTimeOffset>();
        using var end = new SemaphoreSlim(0);
        await using var node = await WorkNode.StartAsync(await postgres.NewDatabaseAsync(), work => work.Every(EveryHour, Type, async (tick, _, cancel) =>
        {
            ticks.Enqueue(tick.DueAt);
            await end.WaitAsync(cancel);
        }, new(ConcurrencyMax: 1)));
        await Registered(node);
        var first = NextHour(node.Clock.GetUtcNow());
        for (var hour = 0; hour < 5; hour++)
        {
            node.Clock.Advance(TimeSpan.FromHours(1));
            var now = node.Clock.GetUtcNow();
            await Answers.Eventually(async () => await node.ScalarAsync<bool>("SELECT ticked_at > $1 FROM platform.schedules WHERE job_type = 'test.tick'", now.AddHours(-1)), "the tick was seen");
        }
        Assert.Equal(Scheduler.WaitingMax, await node.ScalarAsync<long>("SELECT count(*) FROM platform.jobs WHERE type = 'test.tick'"));
        end.Release(10);
        await Answers.Eventually(() => Task.FromResult(ticks.Count == 2), "the job that waited ran");
        Assert.Equal([first, first.AddHours(1)], ticks);
    }

    static Task Note(ConcurrentQueue<DateTimeOffset> ticks, Tick tick)
    {
        ticks.Enqueue(tick.DueAt);
        return Task.CompletedTask;
    }

    static Task<long> Waiting(WorkNode node) => node.ScalarAsync<long>("SELECT count(*) FROM platform.jobs WHERE type = 'test.tick'");

    static Task Registered(WorkNode node) => Answers.Eventually(
        async () => await node.ScalarAsync<long>("SELECT count(*) FROM platform.schedules WHERE job_type = 'test.tick'") == 1, "the schedule is known");

    static DateTimeOffset NextHour(DateTimeOffset now) => new DateTimeOffset(now.Year, now.Month, now.Day, now.Hour, 0, 0, TimeSpan.Zero).AddHours(1);

    static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
