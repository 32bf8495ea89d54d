using System.Net;
using System.Net.Sockets;
using System.Text;
using Souk.Platform.Data;
using Souk.Tests.Identity;
using Souk.Tests.Ordering;

namespace Souk.Tests.Notifications.Live;

public sealed class FollowEventsTests(LiveShop shop) : IClassFixture<LiveShop>
{
    [Fact]
    public async Task Tells_what_happens_to_ones_orders_and_payments_as_it_happens()
    {
        var ada = await shop.NewPerson();
        await using var stream = await EventStream.OpenAsync(ada.Http);
        Assert.Equal("text/event-stream", stream.Answer.Content.Headers.ContentType!.ToString());
        Assert.True(stream.Answer.Headers.CacheControl!.NoStore);
        Assert.Equal(("stream.opened", 0L, "{}"), (stream.Opening.Type, stream.Opening.Sequence, stream.Opening.Data.GetRawText()));
        Assert.InRange(stream.RetryMilliseconds!.Value, 1_000, 3_000);
        var variant = await shop.NewVariantAsync(9);

        var paid = await shop.PlacedAsync(new { lines = new[] { new { variantId = variant, quantity = 1 } }, payment = new { method = "sandbox" } }, by: ada.Http);
        var events = await stream.NextAsync(3);
        Assert.Equal(["order.paid", "order.placed", "payment.status_changed"], events.Select(e => e.Type).Order());
        Assert.True(events.FindIndex(e => e.Type == "order.placed") < events.FindIndex(e => e.Type == "order.paid"));
        Assert.All(events, e => Assert.Equal(paid.Text("id"), e.Data.Text("orderId")));
        Assert.All(events, e => Assert.Equal(e.Id, e.Body.Text("id")));
        Assert.All(events, e => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", e.Body.Text("occurredAt")));
        var payment = events.Single(e => e.Type == "payment.status_changed");
        Assert.Equal("captured", payment.Data.Text("status"));
        Assert.Equal(payment.Data.Text("paymentId"), events.Single(e => e.Type == "order.paid").Data.Text("paymentId"));
        Assert.Equal(paid.Text("number"), events.Single(e => e.Type == "order.placed").Data.Text("number"));

        var cancelled = await shop.PlacedAsync(OrderingShop.OrderOf(variant, email: null), by: ada.Http);
        Assert.Equal("order.placed", (await stream.NextAsync()).Type);
        using var cancellation = await shop.PostAsync($"/v1/orders/{cancelled.Text("id")}/cancellation", new { }, null, ada.Http);
        var closed = await stream.NextAsync();
        Assert.Equal(("order.status_changed", cancelled.Text("id"), "cancelled"), (closed.Type, closed.Data.Text("orderId"), closed.Data.Text("status")));
        Assert.Equal(5, closed.Sequence);
    }

    [Fact]
    public async Task Is_its_customers_alone()
    {
        var (ada, bob) = (await shop.NewPerson(), await shop.NewPerson());
        var (guest, _, guestOrder) = await shop.NewGuestAsync();
        await using var bobs = await EventStream.OpenAsync(bob.Http);
        await using var guests = await EventStream.OpenAsync(shop.Http, orderToken: guest);
        await using var adas = await EventStream.OpenAsync(ada.Http, orderToken: guest);
        var variant = await shop.NewVariantAsync(9);

        var adaOrder = await shop.PlacedAsync(OrderingShop.OrderOf(variant, email: null), by: ada.Http);
        Assert.Equal(adaOrder.Text("id"), (await adas.NextAsync()).Data.Text("orderId"));
        var bobOrder = await shop.PlacedAsync(OrderingShop.OrderOf(variant, email: null), by: bob.Http);
        Assert.Equal(bobOrder.Text("id"), (await bobs.NextAsync()).Data.Text("orderId"));
        using var paid = await shop.PostAsync($"/v1/orders/{guestOrder}/payments", new { method = "sandbox", token = "tok_declined" }, OrderingShop.NewKey(), null, ("Souk-Order-Token", guest));
        var declined = await guests.NextAsync();
        Assert.Equal((guestOrder, "declined"), (declined.Data.Text("orderId"), declined.Data.Text("status")));

        // A position is no key: with another's, one sees one's own stream from the present.
        await using var curious = await EventStream.OpenAsync(bob.Http, lastEventId: adas.LastId);
        Assert.Equal("other_epoch", curious.Opening.Data.Text("reason"));

        await (await EventStream.SendAsync(shop.Http)).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
        await (await EventStream.SendAsync(shop.Http, orderToken: "nonsense")).Problem(HttpStatusCode.Unauthorized, "order_token_invalid");
        await (await EventStream.SendAsync(shop.Bearing("nonsense"))).Problem(HttpStatusCode.Unauthorized, "access_token_invalid");
        await (await EventStream.SendAsync(ada.Http, "?since=yesterday")).Problem(HttpStatusCode.BadRequest, "query_unknown");
    }

    [Fact]
    public async Task Serves_a_browser_by_its_cookie()
    {
        var ada = await shop.NewPerson();
        var signedIn = await shop.SignIn(ada.Email, mode: "cookie");
        using var browser = shop.NewClient();
        browser.DefaultRequestHeaders.Add("Cookie", signedIn.SessionCookie());
        await using var stream = await EventStream.OpenAsync(browser);
        await shop.PlacedAsync(OrderingShop.OrderOf(await shop.NewVariantAsync(1), email: null), by: ada.Http);
        Assert.Equal("order.placed", (await stream.NextAsync()).Type);
    }

    /// <summary>The other node stops in order while its client is in the middle; what happened meanwhile is told by the first, whichever way the client says where it was.</summary>
    [Fact]
    public async Task Goes_on_at_another_node_exactly_where_it_was()
    {
        var (token, customer, _) = await shop.NewGuestAsync();
        await using var other = await shop.NewNodeAsync();
        using var there = LiveShop.At(other, shop.Http);
        await using var cut = await EventStream.OpenAsync(there, orderToken: token);
        await shop.WriteAsync(customer, 1, 10);
        Assert.Equal(Enumerable.Range(1, 10), (await cut.NextAsync(10)).Numbers());
        var seen = cut.LastId;

        await other.StopAsync();
        Assert.Empty(await cut.EndAsync());
        await shop.WriteAsync(customer, 11, 260);

        await using var byHeader = await EventStream.OpenAsync(shop.Http, orderToken: token, lastEventId: seen);
        await using var byQuery = await EventStream.OpenAsync(shop.Http, "?lastEventId=" + seen, orderToken: token);
        await using var byBoth = await EventStream.OpenAsync(shop.Http, "?lastEventId=0.0", lastEventId: seen, orderToken: token);
        await shop.WriteAsync(customer, 261, 300);
        foreach (var stream in new[] { byHeader, byQuery, byBoth })
        {
            var events = await stream.NextAsync(290);
            Assert.Equal(Enumerable.Range(11, 290), events.Numbers());
            Assert.Equal(Enumerable.Range(12, 290), events.Select(e => (int)e.Sequence));
        }
    }

    [Fact]
    public async Task Keeps_the_place_of_a_client_that_was_cut_off_before_its_first_event()
    {
        var (token, customer, _) = await shop.NewGuestAsync();
        string place;
        await using (var first = await EventStream.OpenAsync(shop.Http, orderToken: token)) place = first.LastId;
        await shop.WriteAsync(customer, 1, 2);
        await using var second = await EventStream.OpenAsync(shop.Http, orderToken: token, lastEventId: place);
        Assert.Equal([1, 2], (await second.NextAsync(2)).Numbers());
    }

    [Fact]
    public async Task Says_so_when_it_cannot_go_on_where_the_client_was_and_begins_at_the_present()
    {
        var (token, customer, _) = await shop.NewGuestAsync();
        await shop.WriteAsync(customer, 1, 20);
        string place;
        await using (var stream = await EventStream.OpenAsync(shop.Http, orderToken: token)) place = stream.LastId;
        var epoch = place.Split('.')[0];
        await shop.Db.ExecuteAsync("DELETE FROM notifications.messages WHERE customer_id = $1 AND sequence <= 5", [customer], default);

        foreach (var (asked, reason) in new[]
        {
            ("yesterday", "malformed"), (".", "malformed"), ($"{epoch}.-1", "malformed"), ($"{epoch}.1.1", "malformed"), ("💥.1", "malformed"),
            ($"{Guid.NewGuid():n}.3", "other_epoch"), ($"{epoch}.22", "ahead"), ($"{epoch}.4", "trimmed"), ($"{epoch}.0", "trimmed"),
        })
        {
            await using var stream = await EventStream.OpenAsync(shop.Http, "?lastEventId=" + Uri.EscapeDataString(asked), orderToken: token);
            Assert.Equal(("stream.reset", reason, place), (stream.Opening.Type, stream.Opening.Data.Text("reason"), stream.Opening.Id));
        }
        await using var whole = await EventStream.OpenAsync(shop.Http, orderToken: token, lastEventId: $"{epoch}.5");
        Assert.Equal("stream.opened", whole.Opening.Type);
        Assert.Equal(Enumerable.Range(6, 16), (await whole.NextAsync(16)).Select(e => (int)e.Sequence));

        // All of it is gone, and a stream that is open tells what comes.
        await shop.Db.ExecuteAsync("DELETE FROM notifications.messages WHERE customer_id = $1", [customer], default);
        await using var late = await EventStream.OpenAsync(shop.Http, orderToken: token, lastEventId: $"{epoch}.20");
        Assert.Equal("trimmed", late.Opening.Data.Text("reason"));
        await shop.WriteAsync(customer, 21, 21);
        Assert.Equal([21], (await late.NextAsync(1)).Numbers());
        Assert.Equal([21], (await whole.NextAsync(1)).Numbers());
    }

    [Fact]
    public async Task Says_in_every_silence_that_it_lives()
    {
        var (token, customer, _) = await shop.NewGuestAsync();
        await using var stream = await EventStream.OpenAsync(shop.Http, orderToken: token);
        await stream.HeartbeatAsync();
        await stream.HeartbeatAsync();
        await shop.WriteAsync(customer, 1, 1);
        Assert.Equal([1], (await stream.NextAsync(1)).Numbers());
    }

    [Fact]
    public async Task Is_refused_beyond_what_a_customer_and_a_node_may_have()
    {
        var (token, _, _) = await shop.NewGuestAsync();
        var open = new List<EventStream>();
        await using var tight = await shop.NewNodeAsync(("Notifications:StreamsPerCustomerMax", "2"));
        using var there = LiveShop.At(tight, shop.Http);
        for (var i = 0; i < 2; i++) open.Add(await EventStream.OpenAsync(there, orderToken: token));
        await (await EventStream.SendAsync(there, orderToken: token)).Problem(HttpStatusCode.TooManyRequests, "streams_too_many");
        await open[1].DisposeAsync();
        await Answers.Eventually(async () =>
        {
            using var answer = await EventStream.SendAsync(there, orderToken: token);
            return answer.StatusCode == HttpStatusCode.OK;
        }, "a closed stream makes room");

        await using var small = await shop.NewNodeAsync(("Notifications:StreamsMax", "1"));
        using var http = LiveShop.At(small, shop.Http);
        open.Add(await EventStream.OpenAsync(http, orderToken: token));
        var full = await EventStream.SendAsync(http, orderToken: token);
        await full.Problem(HttpStatusCode.ServiceUnavailable, "streams_full");
        Assert.NotNull(full.Headers.RetryAfter);
        foreach (var stream in open) await stream.DisposeAsync();
        await tight.StopAsync();
        await small.StopAsync();
    }

    [Fact]
    public async Task Ends_with_its_session_and_with_its_time()
    {
        var (ada, guest) = (await shop.NewPerson(), await shop.NewGuestAsync());
        var elsewhere = await shop.SignedIn(ada.Email);
        await using var ending = await EventStream.OpenAsync(ada.Http);
        await using var staying = await EventStream.OpenAsync(elsewhere.Http);
        await using var guests = await EventStream.OpenAsync(shop.Http, orderToken: guest.Token);
        Assert.Equal(HttpStatusCode.NoContent, (await ada.Http.DeleteAsync("/v1/sessions/current")).StatusCode);
        var began = TimeProvider.System.GetTimestamp();
        Assert.Empty(await ending.EndAsync());
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(3));

        await staying.HeartbeatAsync();
        shop.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Empty(await staying.EndAsync());
        Assert.Empty(await guests.EndAsync());
        shop.Clock.Advance(TimeSpan.FromSeconds(10));
        await (await EventStream.SendAsync(elsewhere.Http)).Problem(HttpStatusCode.Unauthorized, "access_token_invalid");
    }

    [Fact]
    public async Task Lives_on_while_a_node_that_is_to_stop_says_that_it_is_not_ready_and_then_ends_in_order()
    {
        var (token, _, _) = await shop.NewGuestAsync();
        await using var node = await shop.NewNodeAsync(("Health:DrainSeconds", "4"));
        using var http = LiveShop.At(node, shop.Http);
        await using var stream = await EventStream.OpenAsync(http, orderToken: token);
        var stopping = node.StopAsync();
        await Answers.Eventually(async () =>
        {
            using var ready = await http.GetAsync("/health/ready");
            return ready.StatusCode == HttpStatusCode.ServiceUnavailable;
        }, "it is not ready");
        await stream.HeartbeatAsync();
        Assert.Empty(await stream.EndAsync());
        await stopping;
    }

    [Fact]
    public async Task Is_told_over_http_2_too()
    {
        var (token, customer, _) = await shop.NewGuestAsync();
        await using var node = await shop.NewNodeAsync(("Kestrel:EndpointDefaults:Protocols", "Http2"));
        using var http = LiveShop.At(node, shop.Http);
        (http.DefaultRequestVersion, http.DefaultVersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        await using var one = await EventStream.OpenAsync(http, orderToken: token);
        await using var two = await EventStream.OpenAsync(http, orderToken: token);
        Assert.Equal(HttpVersion.Version20, one.Answer.Version);
        await shop.WriteAsync(customer, 1, 3);
        foreach (var stream in new[] { one, two }) Assert.Equal([1, 2, 3], (await stream.NextAsync(3)).Numbers());
        await node.StopAsync();
        foreach (var stream in new[] { one, two }) Assert.Empty(await stream.EndAsync());
    }

    /// <summary>More than the sockets between us hold: the client takes nothing of it, is cut off, and finds the rest where it was.</summary>
    [Fact]
    public async Task Cuts_off_who_does_not_read_and_loses_them_nothing()
    {
        const int messages = 3_000, bytes = 8_000;
        var (token, customer, _) = await shop.NewGuestAsync();
        await Answers.Eventually(() => Task.FromResult(shop.Streams.Count == 0), "nobody else is there");
        using var lazy = new TcpClient { ReceiveBufferSize = 4_096 };
        await lazy.ConnectAsync(shop.Address.Host, shop.Address.Port);
        var socket = lazy.GetStream();
        await socket.WriteAsync(Encoding.ASCII.GetBytes($"GET /v1/events HTTP/1.1\r\nHost: {shop.Address.Authority}\r\nSouk-Order-Token: {token}\r\n\r\n"));
        await using var quick = await EventStream.OpenAsync(shop.Http, orderToken: token);
        await Answers.Eventually(() => Task.FromResult(shop.Streams.Count == 2), "both are open");
        await shop.WriteAsync(customer, 1, messages, bytes);

        Assert.Equal(Enumerable.Range(1, messages), (await quick.NextAsync(messages)).Numbers());
        await Answers.Eventually(() => Task.FromResult(shop.Streams.Count == 1), "the other was cut off");
        var seen = await LastIdAsync(socket);
        var last = int.Parse(seen.Split('.')[1], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(last, 1, messages);
        await using var back = await EventStream.OpenAsync(shop.Http, orderToken: token, lastEventId: seen);
        Assert.Equal(Enumerable.Range(last, messages - last + 1), (await back.NextAsync(messages - last + 1)).Numbers());
    }

    /// <summary>What had arrived before the end, read late: the id of the last whole event.</summary>
    static async Task<string> LastIdAsync(NetworkStream socket)
    {
        using var text = new MemoryStream();
        try
        {
            await socket.CopyToAsync(text);
        }
        catch (IOException)
        {
            // Cut, not closed.
        }
        var whole = Encoding.UTF8.GetString(text.ToArray()).Split("\n\n")[..^1];
        return whole.Last(block => block.Contains("id: ", StringComparison.Ordinal)).Split("id: ")[1].Split('\n')[0].Trim();
    }
}
