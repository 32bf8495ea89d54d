using System.Net;

namespace Souk.Tests.Payments.Payments;

public sealed class ListPaymentsTests(PaymentsShop shop) : IClassFixture<PaymentsShop>
{
    [Fact]
    public async Task Pages_show_every_try_newest_first_and_lead_back()
    {
        var order = shop.Orders.Place();
        List<string> made = [];
        foreach (var token in new[] { "tok_declined", "tok_declined", "tok_declined", "tok_ok" })
            using (var answer = await shop.PayAsync(order, token)) made.Insert(0, (await answer.Body()).Text("id"));
        using (await shop.PayAsync(shop.Orders.Place(order.CustomerId))) { }

        var first = await PageAsync(order, "?limit=3");
        Assert.Equal(made.Take(3), first.GetProperty("items").EnumerateArray().Select(p => p.Text("id")));
        var second = await PageAsync(order, $"?limit=3&cursor={first.Text("nextCursor")}");
        Assert.Equal(made.Skip(3), second.GetProperty("items").EnumerateArray().Select(p => p.Text("id")));
        Assert.False(second.TryGetProperty("nextCursor", out _));
        var back = await PageAsync(order, $"?limit=3&cursor={second.Text("previousCursor")}");
        Assert.Equal(first.GetProperty("items").GetRawText(), back.GetProperty("items").GetRawText());
    }

    [Fact]
    public async Task A_cursor_of_another_order_is_refused()
    {
        var (one, other) = (shop.Orders.Place(), shop.Orders.Place());
        for (var i = 0; i < 2; i++) using (await shop.PayAsync(one, "tok_declined")) { }
        var cursor = (await PageAsync(one, "?limit=1")).Text("nextCursor");
        using var answer = await shop.GetAsync($"/v1/orders/{other.Id}/payments?cursor={cursor}", other.Token);
        Assert.Equal((HttpStatusCode.BadRequest, "cursor_invalid"), (answer.StatusCode, await answer.Code()));
    }

    [Theory]
    [InlineData("?limit=0", 400, "limit_invalid")]
    [InlineData("?status=pending", 400, "query_unknown")]
    public async Task Refuses(string query, int status, string code)
    {
        var order = shop.Orders.Place();
        using var answer = await shop.GetAsync($"/v1/orders/{order.Id}/payments{query}", order.Token);
        Assert.Equal((status, code), ((int)answer.StatusCode, await answer.Code()));
    }

    [Fact]
    public async Task Is_for_whoever_may_see_the_order()
    {
        using var answer = await shop.GetAsync($"/v1/orders/{shop.Orders.Place().Id}/payments");
        Assert.Equal((HttpStatusCode.NotFound, "order_not_found"), (answer.StatusCode, await answer.Code()));
    }

    async Task<System.Text.Json.JsonElement> PageAsync(OpenOrders.Order order, string query)
    {
        using var answer = await shop.GetAsync($"/v1/orders/{order.Id}/payments{query}", order.Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Body();
    }
}
