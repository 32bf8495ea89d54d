using Souk.Platform.Jobs;
using Souk.Platform.Outbox;

namespace Souk.Tests.Platform.Outbox;

public sealed class ForgetOldEventsTests(TestPostgres postgres)
{
    [Fact]
    public async Task Events_of_the_last_week_stay_and_older_ones_go_once_every_subscriber_has_handled_them()
    {
        await using var node = await postgres.NodeAsync();
        var (old, young) = (Guid.NewGuid(), Guid.NewGuid());
        await node.TellAsync(old, 1, 2);
        await node.EventuallyNoted(old, [1, 2]);
        await node.ExecuteAsync("INSERT INTO platform.subscribers SELECT 'elsewhere.slow', min(xid::text)::xid8, 0, now() FROM platform.outbox");
        node.Clock.Advance(TimeSpan.FromDays(ForgetOldEvents.EventDaysMax + 1));
        await node.TellAsync(young, 1);
        await node.EventuallyNoted(young, [1]);

        await RunAsync(node);
        Assert.Equal(3, await node.ScalarAsync<long>("SELECT count(*) FROM platform.outbox"));

        await node.ExecuteAsync("UPDATE platform.subscribers SET (xid, id) = (SELECT xid, id FROM platform.outbox ORDER BY xid DESC, id DESC LIMIT 1)");
        await RunAsync(node);
        Assert.Equal([young], await node.ListAsync<Guid>("SELECT aggregate_id FROM platform.outbox"));
    }

    [Fact]
    public async Task A_subscriber_that_nobody_runs_for_a_month_no_longer_holds_the_log()
    {
        await using var node = await postgres.NodeAsync();
        await node.ExecuteAsync("INSERT INTO platform.subscribers VALUES ('elsewhere.gone', '1', 0, now())");
        await node.ExecuteAsync("INSERT INTO platform.inbox VALUES ('elsewhere.gone', 'thing', gen_random_uuid(), 1, now())");
        var thing = Guid.NewGuid();
        await node.TellAsync(thing, 1);
        await node.EventuallyNoted(thing, [1]);
        node.Clock.Advance(TimeSpan.FromDays(ForgetOldEvents.UnusedDaysMax + 1));
        await RunAsync(node);
        Assert.Equal([RelayShop.Subscriber], await node.ListAsync<string>("SELECT name FROM platform.subscribers WHERE name LIKE 'elsewhere.%' OR name LIKE 'test.%'"));
        Assert.Equal(0, await node.ScalarAsync<long>("SELECT count(*) FROM platform.outbox"));
        Assert.Equal(0, await node.ScalarAsync<long>("SELECT count(*) FROM platform.inbox WHERE subscriber = 'elsewhere.gone'"));
    }

    /// <summary>The note of how far an aggregate was goes when it is silent for long; its next event is taken as it comes.</summary>
    [Fact]
    public async Task An_aggregate_that_was_silent_for_long_goes_on_where_it_was()
    {
        await using var node = await postgres.NodeAsync();
        var thing = Guid.NewGuid();
        await node.TellAsync(thing, 1, 2);
        await node.EventuallyNoted(thing, [1, 2]);
        node.Clock.Advance(TimeSpan.FromDays(ForgetOldEvents.SilentDaysMax + 1));
        await RunAsync(node);
        Assert.Equal(0, await node.ScalarAsync<long>("SELECT count(*) FROM platform.inbox WHERE subscriber = 'test.note-things'"));

        await node.TellAsync(thing, 3);
        await node.EventuallyNoted(thing, [1, 2, 3]);
    }

    static Task RunAsync(WorkNode node) =>
        ForgetOldEvents.RunAsync(new(node.Clock.GetUtcNow()), new JobContext(Guid.NewGuid(), 1, node.App.Services), CancellationToken.None);
}
