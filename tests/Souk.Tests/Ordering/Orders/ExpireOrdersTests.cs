using Microsoft.Extensions.DependencyInjection;
using Souk.Contracts;
using Souk.Ordering.Orders;
using Souk.Platform.Ids;
using Souk.Platform.Jobs;
using Souk.Platform.Modules;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Orders;

/// <summary>Moves its shop's clock, so it has a shop of its own where no worker competes.</summary>
public sealed class ExpiryShop(TestPostgres postgres) : OrderingShop(postgres)
{
    protected override Souk.Host.ShopSettings Adjust(Souk.Host.ShopSettings settings) => settings with { Roles = ["web"] };
}

public sealed class ExpireOrdersTests(ExpiryShop shop) : IClassFixture<ExpiryShop>
{
    Task ExpireAsync() => ExpireOrders.RunAsync(new(shop.Clock.GetUtcNow()), new(Guid.NewGuid(), 1, shop.App.Services), CancellationToken.None);

    [Fact]
    public void Runs_by_itself_every_few_seconds() =>
        Assert.Contains(shop.App.Services.GetRequiredService<WorkMap>().Schedules, s => s == new Schedule(ExpireOrders.JobType, ExpireOrders.Cron));

    [Fact]
    public async Task Frees_the_stock_of_unpaid_orders_once_on_any_number_of_nodes()
    {
        var variant = await shop.NewVariantAsync(300);
        var orders = await Task.WhenAll(Enumerable.Range(0, 250).Select(_ => shop.PlacedAsync(OrderingShop.OrderOf(variant))));
        await ExpireAsync();
        Assert.Equal((300, 250, 50), await shop.StockAsync(variant));

        shop.Clock.Advance(TimeSpan.FromMinutes(16));
        await shop.PlacedAsync(OrderingShop.OrderOf(variant));
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => ExpireAsync()));
        await ExpireAsync();

        Assert.Equal((300, 1, 299), await shop.StockAsync(variant));
        var shown = await (await shop.GetAsync($"/v1/orders/{orders[0].Text("id")}", orders[0].Text("orderToken"))).Body();
        Assert.Equal(("expired", "unpaid", 2), (shown.Text("status"), shown.Text("paymentStatus"), shown.GetProperty("version").GetInt32()));
        foreach (var order in orders.Take(5)) Assert.Equal(["1 order.placed", "2 order.closed"], await shop.ToldAsync(order.Text("id")));
        Assert.Equal(250L, await shop.ScalarAsync<long>($"""
            SELECT count(*) FROM ordering.order_changes c JOIN ordering.orders o ON o.customer_id = c.customer_id AND o.id = c.order_id
            WHERE c.status_to = 'expired' AND o.lines -> 0 ->> 'variantId' = '{variant}'
            """));
    }

    [Fact]
    public async Task A_late_payment_and_the_expiry_do_exactly_one_of_the_two()
    {
        var ordering = shop.App.Services.GetRequiredService<IOrdering>();
        for (var round = 0; round < 10; round++)
        {
            var person = await shop.NewPerson();
            var variant = await shop.NewVariantAsync(1);
            var order = await shop.PlacedAsync(OrderingShop.OrderOf(variant, email: null), by: person.Http);
            Assert.True(Id<OrderKind>.TryRead(order.Text("id"), out var id));
            Assert.True(Id<AccountKind>.TryRead(person.Id, out var customer));
            var (payment, total) = (Id<PaymentKind>.New(shop.Clock), new Souk.Platform.Money.Money(order.GetProperty("total").GetProperty("amount").GetInt64(), "USD"));
            shop.Clock.Advance(TimeSpan.FromMinutes(16));

            var expiring = ExpireAsync();
            var paid = !(await ordering.RecordPaymentAsync(customer.Value, id, payment, total, CancellationToken.None)).Refused(out var refusal, out _);
            await expiring;
            await ExpireAsync();
            if (!paid) Assert.Equal("order_not_payable", refusal!.Code);
            Assert.Equal((1, paid ? 1 : 0, paid ? 0 : 1), await shop.StockAsync(variant));
            Assert.Equal(["1 order.placed", paid ? "2 order.paid" : "2 order.closed"], await shop.ToldAsync(order.Text("id")));
        }
    }
}
