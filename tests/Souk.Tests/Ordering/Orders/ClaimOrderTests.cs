using System.Net;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Orders;

public sealed class ClaimOrderTests(PayingShop shop) : IClassFixture<PayingShop>
{
    Task<HttpResponseMessage> ClaimAsync(string order, string? token, HttpClient by) => shop.PostAsync($"/v1/orders/{order}/claim", new { }, null, by, ("Souk-Order-Token", token));

    [Fact]
    public async Task An_account_sees_pays_and_cancels_what_it_ordered_as_a_guest_and_nobody_else_claims_it()
    {
        var variant = await shop.NewVariantAsync(20);
        var (account, stranger) = ((await shop.NewPerson()).Http, (await shop.NewPerson()).Http);
        var (first, second) = (await shop.PlacedAsync(OrderingShop.OrderOf(variant)), await shop.PlacedAsync(OrderingShop.OrderOf(variant)));
        var own = await shop.PlacedAsync(new { lines = new[] { new { variantId = variant, quantity = 1 } } }, by: account);
        await (await shop.GetAsync($"/v1/orders/{first.Text("id")}", by: account)).Problem(HttpStatusCode.NotFound, "order_not_found");
        await (await ClaimAsync(first.Text("id"), second.Text("orderToken"), account)).Problem(HttpStatusCode.NotFound, "order_not_found");
        await (await ClaimAsync(first.Text("id"), null, account)).Problem(HttpStatusCode.NotFound, "order_not_found");
        await (await ClaimAsync(first.Text("id"), first.Text("orderToken"), shop.Http)).Problem(HttpStatusCode.Unauthorized, "not_signed_in");

        var claims = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => ClaimAsync(first.Text("id"), first.Text("orderToken"), account)));
        Assert.All(claims, a => Assert.Equal(HttpStatusCode.OK, a.StatusCode));
        await ClaimAsync(second.Text("id"), second.Text("orderToken"), account);
        await (await ClaimAsync(first.Text("id"), first.Text("orderToken"), stranger)).Problem(HttpStatusCode.Conflict, "order_claimed");

        var (seen, path) = (new List<string>(), "/v1/orders?limit=1");
        while (path is not null)
        {
            var page = await (await shop.GetAsync(path, by: account)).Body();
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(o => o.Text("id")));
            path = page.TryGetProperty("nextCursor", out var next) ? $"/v1/orders?limit=1&cursor={next.GetString()}" : null;
        }
        Assert.Equal([own.Text("id"), second.Text("id"), first.Text("id")], seen);
        Assert.Equal(HttpStatusCode.OK, (await shop.GetAsync($"/v1/orders/{first.Text("id")}/timeline", by: account)).StatusCode);
        using var paid = await shop.PostAsync($"/v1/orders/{first.Text("id")}/payments", new { method = "sandbox" }, OrderingShop.NewKey(), account);
        Assert.Equal(HttpStatusCode.Created, paid.StatusCode);
        Assert.Single((await (await shop.GetAsync($"/v1/orders/{first.Text("id")}/payments", by: account)).Body()).GetProperty("items").EnumerateArray());
        using var cancelled = await shop.PostAsync($"/v1/orders/{second.Text("id")}/cancellation", new { }, null, account);
        Assert.Equal("cancelled", (await cancelled.Body()).Text("status"));

        await (await shop.GetAsync($"/v1/orders/{first.Text("id")}", by: stranger)).Problem(HttpStatusCode.NotFound, "order_not_found");
        Assert.Empty((await (await shop.GetAsync("/v1/orders", by: stranger)).Body()).GetProperty("items").EnumerateArray());
        // The token serves on, and the order stays the guest's.
        Assert.Equal("paid", (await (await shop.GetAsync($"/v1/orders/{first.Text("id")}", first.Text("orderToken"))).Body()).Text("status"));
    }
}
