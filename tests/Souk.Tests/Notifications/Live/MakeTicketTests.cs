using System.Net;
using Souk.Tests.Identity;
using Souk.Tests.Ordering;

namespace Souk.Tests.Notifications.Live;

public sealed class MakeTicketTests(LiveShop shop) : IClassFixture<LiveShop>
{
    const string Path = "/v1/events/tickets";

    [Fact]
    public async Task Opens_the_stream_of_who_asked_once_on_any_node()
    {
        var ada = await shop.NewPerson();
        await using var other = await shop.NewNodeAsync();
        using var elsewhere = LiveShop.At(other, shop.Http);
        var ticket = await TicketAsync(ada.Http);
        await using (var stream = await EventStream.OpenAsync(elsewhere, $"?ticket={ticket}"))
        {
            await shop.PlacedAsync(OrderingShop.OrderOf(await shop.NewVariantAsync(1), email: null), by: ada.Http);
            Assert.Equal("order.placed", (await stream.NextAsync()).Type);
            foreach (var http in new[] { elsewhere, shop.Http, ada.Http })
                await (await EventStream.SendAsync(http, $"?ticket={ticket}")).Problem(HttpStatusCode.Unauthorized, "ticket_invalid");
        }
        await other.StopAsync();
    }

    [Fact]
    public async Task Of_many_who_use_it_at_once_one_is_let_in()
    {
        var (token, _, _) = await shop.NewGuestAsync();
        var ticket = await TicketAsync(shop.Http, token);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => EventStream.SendAsync(shop.Http, $"?ticket={ticket}")));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        foreach (var answer in answers) answer.Dispose();
    }

    [Fact]
    public async Task Serves_a_guest_who_comes_back_to_the_right_place()
    {
        var (token, customer, _) = await shop.NewGuestAsync();
        string place;
        await using (var first = await EventStream.OpenAsync(shop.Http, $"?ticket={await TicketAsync(shop.Http, token)}")) place = first.LastId;
        await shop.WriteAsync(customer, 1, 3);
        await using var second = await EventStream.OpenAsync(shop.Http, $"?ticket={await TicketAsync(shop.Http, token)}&lastEventId={place}");
        Assert.Equal([1, 2, 3], (await second.NextAsync(3)).Numbers());
    }

    [Fact]
    public async Task Serves_for_half_a_minute_and_its_stream_ends_with_the_session_that_asked()
    {
        var ada = await shop.NewPerson();
        var (late, inTime) = (await TicketAsync(ada.Http), await TicketAsync(ada.Http));
        shop.Clock.Advance(TimeSpan.FromSeconds(29));
        await using var stream = await EventStream.OpenAsync(shop.Http, $"?ticket={inTime}");
        shop.Clock.Advance(TimeSpan.FromSeconds(1));
        await (await EventStream.SendAsync(shop.Http, $"?ticket={late}")).Problem(HttpStatusCode.Unauthorized, "ticket_invalid");
        await ada.Http.DeleteAsync("/v1/sessions/current");
        Assert.Empty(await stream.EndAsync());
    }

    [Fact]
    public async Task Is_refused_to_strangers_and_beyond_what_one_may_hold()
    {
        await (await shop.Http.PostAsync(Path, null)).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
        await (await EventStream.SendAsync(shop.Http, "?ticket=nonsense")).Problem(HttpStatusCode.Unauthorized, "ticket_invalid");
        var ada = await shop.NewPerson();
        for (var i = 0; i < 20; i++) await TicketAsync(ada.Http);
        var refused = await ada.Http.PostAsync(Path, null);
        await refused.Problem(HttpStatusCode.TooManyRequests, "tickets_too_many");
        Assert.NotNull(refused.Headers.RetryAfter);
        shop.Clock.Advance(TimeSpan.FromSeconds(30));
        await TicketAsync(ada.Http);
    }

    [Fact]
    public async Task Is_stored_as_a_hash_alone()
    {
        var ada = await shop.NewPerson();
        var ticket = await TicketAsync(ada.Http);
        Assert.Equal(1L, await shop.ScalarAsync<long>($"SELECT count(*) FROM notifications.tickets WHERE hash = sha256('{ticket}')"));
        Assert.Equal(0L, await shop.ScalarAsync<long>($"SELECT count(*) FROM notifications.tickets t WHERE t::text LIKE '%{ticket}%'"));
    }

    async Task<string> TicketAsync(HttpClient http, string? orderToken = null)
    {
        using var answer = await shop.PostAsync(Path, new { }, null, http, ("Souk-Order-Token", orderToken));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        var body = await answer.Body();
        Assert.Equal(30, body.GetProperty("expiresIn").GetInt32());
        return body.Text("ticket");
    }
}
