using System.Net;
using System.Text.Json;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Orders;

/// <summary>Orders expire sooner than access tokens.</summary>
public sealed class HastyShop(TestPostgres postgres) : PayingShop(postgres)
{
    protected override void Configure(Microsoft.AspNetCore.Builder.WebApplicationBuilder builder)
    {
        base.Configure(builder);
        builder.Configuration["Ordering:HoldMinutes"] = "2";
    }
}

public sealed class ReadTimelineTests(HastyShop shop) : IClassFixture<HastyShop>
{
    static List<string> Told(JsonElement timeline) => [.. timeline.GetProperty("entries").EnumerateArray().Select(e => $"{e.Text("what")} by {e.Text("by")}")];

    [Fact]
    public async Task Tells_the_story_of_a_paid_order_to_its_customer()
    {
        var variant = await shop.NewVariantAsync(9);
        var order = await shop.PlacedAsync(new { lines = new[] { new { variantId = variant, quantity = 2 } }, email = "guest@example.com", payment = new { method = "sandbox" } });
        foreach (var status in new[] { "packed", "delivered" })
            await shop.PostAsync($"/v1/admin/orders/{order.Text("id")}/fulfilment", new { status }, null, shop.Staff);
        var mine = await (await shop.GetAsync($"/v1/orders/{order.Text("id")}/timeline", order.Text("orderToken"))).Body();
        Assert.Equal(["placed by customer", "paid by payment", "packed by shop", "delivered by shop"], Told(mine));
        Assert.Equal(order.GetProperty("payment").Text("id"), mine.GetProperty("entries")[1].Text("paymentId"));
        Assert.DoesNotContain(mine.GetProperty("entries").EnumerateArray(), e => e.TryGetProperty("actorId", out _) || e.TryGetProperty("taken", out _));
    }

    [Fact]
    public async Task Says_who_ended_an_order_and_why()
    {
        var variant = await shop.NewVariantAsync(9);
        var (cancelled, expired) = (await shop.PlacedAsync(OrderingShop.OrderOf(variant)), await shop.PlacedAsync(OrderingShop.OrderOf(variant)));
        await shop.PostAsync($"/v1/orders/{cancelled.Text("id")}/cancellation", new { reason = "price" }, null, shop.Http, ("Souk-Order-Token", cancelled.Text("orderToken")));
        shop.Clock.Advance(TimeSpan.FromMinutes(3));
        var first = await (await shop.GetAsync($"/v1/orders/{cancelled.Text("id")}/timeline", cancelled.Text("orderToken"))).Body();
        Assert.Equal(["placed by customer", "cancelled by customer"], Told(first));
        Assert.Equal("price", first.GetProperty("entries")[1].Text("reason"));
        await Answers.Eventually(async () => Told(await (await shop.GetAsync($"/v1/orders/{expired.Text("id")}/timeline", expired.Text("orderToken"))).Body()) is
            ["placed by customer", "expired by clock"], "the order has expired");
    }

    [Fact]
    public async Task Is_nobody_elses()
    {
        var order = await shop.PlacedAsync(OrderingShop.OrderOf(await shop.NewVariantAsync(9)));
        await (await shop.GetAsync($"/v1/orders/{order.Text("id")}/timeline")).Problem(HttpStatusCode.NotFound, "order_not_found");
    }
}
