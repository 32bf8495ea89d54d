using System.Net;
using System.Net.Http.Json;
using Souk.Tests.Ordering;

namespace Souk.Tests.Identity.ApiKeys;

/// <summary>What a machine does for the shop is its own, not that of whoever made its key.</summary>
public sealed class MachineTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    [Fact]
    public async Task What_a_machine_did_is_told_under_its_key()
    {
        var machine = await shop.NewMachine(shop.Staff, "stock:write", "stock:read", "orders:write", "orders:read");
        var (variant, location) = (await shop.NewVariantAsync(10), await shop.LocationIdAsync());
        var counted = await machine.Http.PutAsJsonAsync($"/v1/admin/stock/{variant}/locations/{location}", new { onHand = 12 });
        Assert.Equal(HttpStatusCode.OK, counted.StatusCode);
        var movement = (await counted.Body()).GetProperty("movements")[0];
        Assert.Equal((machine.Id, false), (movement.Text("apiKeyId"), movement.TryGetProperty("actorId", out _)));

        var order = await shop.PlacedAsync(new { lines = new[] { new { variantId = variant, quantity = 1 } }, email = "guest@example.com", payment = new { method = "sandbox" } });
        var path = $"/v1/admin/orders/{order.Text("id")}";
        Assert.Equal(HttpStatusCode.OK, (await machine.Http.PostAsJsonAsync($"{path}/fulfilment", new { status = "packed" })).StatusCode);
        var change = (await (await shop.Staff.GetAsync(path)).Body()).GetProperty("changes").EnumerateArray().Last();
        Assert.Equal((machine.Id, "packed", false), (change.Text("apiKeyId"), change.Text("to"), change.TryGetProperty("actorId", out _)));
        var told = (await (await shop.Staff.GetAsync($"{path}/timeline")).Body()).GetProperty("entries").EnumerateArray().Last();
        Assert.Equal((machine.Id, "shop"), (told.Text("apiKeyId"), told.Text("by")));
        var own = (await (await shop.GetAsync($"/v1/orders/{order.Text("id")}/timeline", order.Text("orderToken"))).Body()).GetProperty("entries").EnumerateArray().Last();
        Assert.False(own.TryGetProperty("apiKeyId", out _));
    }

    [Fact]
    public async Task An_idempotency_key_is_the_machines_own()
    {
        var (one, other) = (await shop.NewMachine(shop.Staff, "stock:write"), await shop.NewMachine(shop.Staff, "stock:write"));
        var (variant, key) = (await shop.NewVariantAsync(10), OrderingShop.NewKey());
        var path = $"/v1/admin/stock/{variant}/locations/{await shop.LocationIdAsync()}/adjustments";
        foreach (var (machine, isReplay) in new[] { (one, false), (one, true), (other, false) })
        {
            var answer = await shop.PostAsync(path, new { delta = 1, reason = "received" }, key, machine.Http);
            Assert.Equal((HttpStatusCode.Created, isReplay, machine.Id), (answer.StatusCode, answer.Headers.Contains("Idempotent-Replayed"), (await answer.Body()).Text("apiKeyId")));
        }
        Assert.Equal((12, 0, 12), await shop.StockAsync(variant));
    }
}
