using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Souk.Contracts;
using Souk.Platform.Ids;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Orders;

public sealed class CancelOrderTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    Task<HttpResponseMessage> CancelAsync(string order, object request, string? token = null, HttpClient? by = null) =>
        shop.PostAsync($"/v1/orders/{order}/cancellation", request, null, by, ("Souk-Order-Token", token));

    [Fact]
    public async Task Frees_the_stock_once_however_often_it_is_asked()
    {
        var variant = await shop.NewVariantAsync(5);
        var order = await shop.PlacedAsync(OrderingShop.OrderOf(variant, 3));
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => CancelAsync(order.Text("id"), new { reason = "mistake" }, order.Text("orderToken"))));

        foreach (var answer in answers)
        {
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
            Assert.Equal(("cancelled", 2), ((await answer.Body()).Text("status"), (await answer.Body()).GetProperty("version").GetInt32()));
        }
        Assert.Equal((5, 0, 5), await shop.StockAsync(variant));
        Assert.Equal(["1 order.placed", "2 order.closed"], await shop.ToldAsync(order.Text("id")));
    }

    [Fact]
    public async Task Cancelling_and_paying_at_once_do_exactly_one_of_the_two()
    {
        for (var round = 0; round < 10; round++)
        {
            var person = await shop.NewPerson();
            var variant = await shop.NewVariantAsync(1);
            var order = await shop.PlacedAsync(OrderingShop.OrderOf(variant, email: null), by: person.Http);
            Assert.True(Id<OrderKind>.TryRead(order.Text("id"), out var id));
            Assert.True(Id<AccountKind>.TryRead(person.Id, out var customer));
            var total = new Souk.Platform.Money.Money(order.GetProperty("total").GetProperty("amount").GetInt64(), "USD");

            var cancelling = CancelAsync(order.Text("id"), new { }, by: person.Http);
            var paying = shop.App.Services.GetRequiredService<IOrdering>().RecordPaymentAsync(customer.Value, id, Id<PaymentKind>.New(shop.Clock), total, CancellationToken.None);
            var cancelled = (await cancelling).IsSuccessStatusCode;
            var paid = !(await paying).Refused(out _, out _);
            Assert.True(cancelled ^ paid);
            Assert.Equal((1, paid ? 1 : 0, paid ? 0 : 1), await shop.StockAsync(variant));
        }
    }

    [Fact]
    public async Task A_stranger_finds_no_order_to_cancel()
    {
        var variant = await shop.NewVariantAsync(5);
        var (mine, theirs) = (await shop.PlacedAsync(OrderingShop.OrderOf(variant)), await shop.PlacedAsync(OrderingShop.OrderOf(variant)));
        await (await CancelAsync(mine.Text("id"), new { })).Problem(HttpStatusCode.NotFound, "order_not_found");
        await (await CancelAsync(mine.Text("id"), new { }, theirs.Text("orderToken"))).Problem(HttpStatusCode.NotFound, "order_not_found");
        await (await CancelAsync(mine.Text("id"), new { }, by: (await shop.NewPerson()).Http)).Problem(HttpStatusCode.NotFound, "order_not_found");
        await (await CancelAsync(mine.Text("id"), new { reason = "because" }, mine.Text("orderToken"))).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        Assert.Equal((5, 2, 3), await shop.StockAsync(variant));
    }
}
