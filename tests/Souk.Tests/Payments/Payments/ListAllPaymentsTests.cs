using System.Net;
using Souk.Tests.Identity;

namespace Souk.Tests.Payments.Payments;

public sealed class ListAllPaymentsTests(PaymentsShop shop) : IClassFixture<PaymentsShop>
{
    [Fact]
    public async Task Staff_see_payments_of_everybody_and_find_those_of_an_order_or_a_status()
    {
        var staff = (await shop.NewStaff()).Http;
        var (paid, stuck) = (shop.Orders.Place(), shop.Orders.Place());
        using (await shop.PayAsync(paid, "tok_declined")) { }
        using (await shop.PayAsync(paid)) { }
        using (await shop.PayAsync(stuck, "tok_unavailable")) { }

        var all = await ItemsAsync(staff, "");
        Assert.Equal([(stuck.Id.ToString(), "pending", false), (paid.Id.ToString(), "captured", true), (paid.Id.ToString(), "declined", true)],
            all.Take(3).Select(p => (p.Text("orderId"), p.Text("status"), p.GetProperty("isSettled").GetBoolean())));
        Assert.StartsWith("sbx_", all[1].Text("reference"), StringComparison.Ordinal);
        Assert.Equal(["captured", "declined"], (await ItemsAsync(staff, $"?orderId={paid.Id}")).Select(p => p.Text("status")));
        Assert.Equal([stuck.Id.ToString()], (await ItemsAsync(staff, "?status=pending")).Select(p => p.Text("orderId")));
        Assert.Empty(await ItemsAsync(staff, $"?orderId={stuck.Id}&status=captured"));
        Assert.Empty(await ItemsAsync(staff, "?orderId=nonsense"));
    }

    [Fact]
    public async Task Pages_lead_on_and_back_within_a_filter()
    {
        var staff = (await shop.NewStaff()).Http;
        var order = shop.Orders.Place();
        for (var i = 0; i < 3; i++) using (await shop.PayAsync(order, "tok_declined")) { }
        var whole = (await ItemsAsync(staff, $"?orderId={order.Id}")).Select(p => p.Text("id")).ToList();

        var first = await (await staff.GetAsync($"/v1/admin/payments?orderId={order.Id}&limit=2")).Body();
        var second = await (await staff.GetAsync($"/v1/admin/payments?orderId={order.Id}&limit=2&cursor={first.Text("nextCursor")}")).Body();
        var back = await (await staff.GetAsync($"/v1/admin/payments?orderId={order.Id}&limit=2&cursor={second.Text("previousCursor")}")).Body();
        Assert.Equal(whole, first.GetProperty("items").EnumerateArray().Concat(second.GetProperty("items").EnumerateArray()).Select(p => p.Text("id")));
        Assert.Equal(first.GetProperty("items").GetRawText(), back.GetProperty("items").GetRawText());
        using var foreign = await staff.GetAsync($"/v1/admin/payments?cursor={first.Text("nextCursor")}");
        Assert.Equal("cursor_invalid", await foreign.Code());
    }

    [Theory]
    [InlineData("?status=paid", "payment_status_unknown")]
    [InlineData("?limit=101", "limit_invalid")]
    [InlineData("?customer=x", "query_unknown")]
    public async Task Refuses(string query, string code)
    {
        using var answer = await (await shop.NewStaff()).Http.GetAsync($"/v1/admin/payments{query}");
        Assert.Equal((HttpStatusCode.BadRequest, code), (answer.StatusCode, await answer.Code()));
    }

    [Fact]
    public async Task Is_for_staff()
    {
        await (await shop.Http.GetAsync("/v1/admin/payments")).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
        await (await (await shop.NewPerson()).Http.GetAsync("/v1/admin/payments")).Problem(HttpStatusCode.Forbidden, "not_allowed");
    }

    static async Task<List<System.Text.Json.JsonElement>> ItemsAsync(HttpClient staff, string query)
    {
        using var answer = await staff.GetAsync($"/v1/admin/payments{query}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return [.. (await answer.Body()).GetProperty("items").EnumerateArray()];
    }
}
