using Souk.Notifications.Inbox;
using Souk.Platform.Data;
using Souk.Platform.Jobs;

namespace Souk.Tests.Notifications.Inbox;

public sealed class TrimInboxTests(LiveShop shop) : IClassFixture<LiveShop>
{
    [Fact]
    public async Task Old_messages_go_in_batches_and_younger_ones_of_the_same_inbox_stay()
    {
        var customer = Guid.NewGuid();
        await shop.WriteAsync(customer, 1, 4_500, daysAgo: 8);
        await shop.WriteAsync(customer, 4_501, 4_503, daysAgo: 6);
        await RunAsync();
        await RunAsync();
        Assert.Equal("4501 4502 4503", await shop.ScalarAsync<string>(
            $"SELECT string_agg(sequence::text, ' ' ORDER BY sequence) FROM notifications.messages WHERE customer_id = '{customer}'"));
    }

    [Fact]
    public async Task Inboxes_that_nobody_used_are_forgotten_and_begin_anew_so_that_old_positions_are_not_taken_for_new_ones()
    {
        var (token, customer, _) = await shop.NewGuestAsync();
        await using var stays = await EventStream.OpenAsync(shop.Http, orderToken: token);
        await shop.Db.ExecuteAsync("UPDATE notifications.streams SET used_on = $2 WHERE customer_id = $1", [customer, Day(-8)], default);
        await RunAsync();
        Assert.Equal((0L, 0L), (await CountAsync("streams", customer), await CountAsync("messages", customer)));

        await shop.WriteAsync(customer, 1, 1);
        await using var returns = await EventStream.OpenAsync(shop.Http, orderToken: token, lastEventId: stays.LastId);
        foreach (var reset in new[] { returns.Opening, await stays.NextAsync() })
            Assert.Equal(("stream.reset", "other_epoch", 1L), (reset.Type, reset.Data.Text("reason"), reset.Sequence));
        await shop.WriteAsync(customer, 2, 2);
        foreach (var stream in new[] { stays, returns }) Assert.Equal([2], (await stream.NextAsync(1)).Numbers());
    }

    [Fact]
    public async Task An_inbox_that_is_listened_to_is_kept_without_messages()
    {
        var (token, customer, _) = await shop.NewGuestAsync();
        await shop.Db.ExecuteAsync("UPDATE notifications.streams SET used_on = $2 WHERE customer_id = $1", [customer, Day(-8)], default);
        string place;
        await using (var stream = await EventStream.OpenAsync(shop.Http, orderToken: token)) place = stream.LastId;
        await RunAsync();
        await using var again = await EventStream.OpenAsync(shop.Http, orderToken: token, lastEventId: place);
        Assert.Equal(place, again.LastId);
    }

    [Fact]
    public async Task Tickets_that_nobody_used_go_and_living_ones_stay()
    {
        var customer = Guid.NewGuid();
        foreach (var seconds in new[] { -1, 29 })
            await shop.Db.ExecuteAsync("INSERT INTO notifications.tickets (hash, customer_id, expires_at) VALUES (sha256(gen_random_uuid()::text::bytea), $1, $2)",
                [customer, shop.Clock.GetUtcNow().AddSeconds(seconds)], default);
        await RunAsync();
        Assert.Equal(1L, await CountAsync("tickets", customer));
    }

    DateOnly Day(int days) => DateOnly.FromDateTime(shop.Clock.GetUtcNow().UtcDateTime.AddDays(days));

    Task<long> CountAsync(string table, Guid customer) => shop.ScalarAsync<long>($"SELECT count(*) FROM notifications.{table} WHERE customer_id = '{customer}'");

    Task RunAsync() => TrimInbox.RunAsync(new(shop.Clock.GetUtcNow()), new JobContext(Guid.NewGuid(), 1, shop.App.Services), CancellationToken.None);
}
