using System.Net;
using Souk.Tests.Identity;

namespace Souk.Tests.Payments.Payments;

public sealed class ReadPaymentTests(PaymentsShop shop) : IClassFixture<PaymentsShop>
{
    [Fact]
    public async Task Shows_what_became_of_a_payment_also_when_the_order_is_paid()
    {
        var order = shop.Orders.Place();
        using var paid = await shop.PayAsync(order);

        using var read = await shop.GetAsync(paid.Headers.Location!.ToString(), order.Token);
        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        Assert.Equal((await paid.Body()).GetRawText(), (await read.Body()).GetRawText());
        Assert.True(read.Headers.CacheControl is { Private: true, NoStore: true });

        using var request = new HttpRequestMessage(HttpMethod.Get, paid.Headers.Location) { Headers = { { "Souk-Order-Token", order.Token }, { "If-None-Match", read.Headers.ETag!.Tag } } };
        Assert.Equal(HttpStatusCode.NotModified, (await shop.Http.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task Is_for_whoever_may_see_the_order()
    {
        var order = shop.Orders.Place();
        using var paid = await shop.PayAsync(order);
        foreach (var http in new[] { shop.Http, (await shop.NewPerson()).Http })
        {
            using var answer = await shop.GetAsync(paid.Headers.Location!.ToString(), http: http);
            Assert.Equal((HttpStatusCode.NotFound, "order_not_found"), (answer.StatusCode, await answer.Code()));
        }
    }

    [Fact]
    public async Task A_payment_of_another_order_is_none_of_this_one()
    {
        var one = shop.Orders.Place();
        var other = shop.Orders.Place(one.CustomerId);
        using var paid = await shop.PayAsync(one);
        foreach (var id in new[] { (await paid.Body()).Text("id"), "pay_00000000000000000000000001", "x" })
        {
            using var answer = await shop.GetAsync($"/v1/orders/{other.Id}/payments/{id}", other.Token);
            Assert.Equal((HttpStatusCode.NotFound, "payment_not_found"), (answer.StatusCode, await answer.Code()));
        }
    }
}
