using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Souk.Contracts;
using Souk.Platform.Ids;
using Souk.Platform.Money;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Orders;

public sealed class RecordPaymentTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    IOrdering Ordering => shop.App.Services.GetRequiredService<IOrdering>();

    async Task<(Guid Customer, Id<OrderKind> Id, JsonElement Order, Person Person)> OrderedAsync()
    {
        var person = await shop.NewPerson();
        var order = await shop.PlacedAsync(OrderingShop.OrderOf(await shop.NewVariantAsync(1), email: null), by: person.Http);
        Assert.True(Id<OrderKind>.TryRead(order.Text("id"), out var id));
        Assert.True(Id<AccountKind>.TryRead(person.Id, out var customer));
        return (customer.Value, id, order, person);
    }

    static Money Total(JsonElement order) => new(order.GetProperty("total").GetProperty("amount").GetInt64(), order.GetProperty("total").Text("currency"));

    [Fact]
    public async Task Pays_once_and_says_so_again_to_the_same_payment()
    {
        var (customer, id, order, person) = await OrderedAsync();
        var payment = Id<PaymentKind>.New(shop.Clock);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Ordering.RecordPaymentAsync(customer, id, payment, Total(order), CancellationToken.None)));

        Assert.All(answers, a => Assert.False(a.Refused(out _, out _)));
        var shown = await (await shop.GetAsync($"/v1/orders/{id}", by: person.Http)).Body();
        Assert.Equal(("paid", "paid", 2), (shown.Text("status"), shown.Text("paymentStatus"), shown.GetProperty("version").GetInt32()));
        Assert.Equal(["1 order.placed", "2 order.paid"], await shop.ToldAsync(order.Text("id")));
    }

    [Fact]
    public async Task Of_two_payments_one_pays_and_the_other_is_told()
    {
        var (customer, id, order, _) = await OrderedAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Ordering.RecordPaymentAsync(customer, id, Id<PaymentKind>.New(shop.Clock), Total(order), CancellationToken.None)));
        Assert.Equal(1, answers.Count(a => !a.Refused(out _, out _)));
        Assert.All(answers.Where(a => a.Error is not null), a => Assert.Equal("order_not_payable", a.Error!.Code));
        Assert.False((await Ordering.FindToPayAsync(id, new(customer, null), CancellationToken.None)).Refused(out _, out var toPay));
        Assert.Equal("order_not_payable", toPay!.Due.Error!.Code);
    }

    [Fact]
    public async Task Takes_no_other_amount_no_other_currency_and_no_strangers_order()
    {
        var (customer, id, order, _) = await OrderedAsync();
        var total = Total(order);
        Assert.Equal("amount_differs", (await Pay(customer, total with { Amount = total.Amount - 1 })).Error!.Code);
        Assert.Equal("amount_differs", (await Pay(customer, total with { Currency = "EUR" })).Error!.Code);
        Assert.Equal("order_not_found", (await Pay(Guid.NewGuid(), total)).Error!.Code);

        Task<Souk.Platform.Errors.Result<OrderPaid>> Pay(Guid by, Money amount) => Ordering.RecordPaymentAsync(by, id, Id<PaymentKind>.New(shop.Clock), amount, CancellationToken.None);
    }

    [Fact]
    public async Task What_is_due_is_told_to_the_customer_and_the_holder_of_the_token_alone()
    {
        var (customer, id, order, _) = await OrderedAsync();
        Assert.False((await Ordering.FindToPayAsync(id, new(customer, null), CancellationToken.None)).Refused(out _, out var toPay));
        Assert.Equal(customer, toPay!.CustomerId);
        Assert.False(toPay.Due.Refused(out _, out var due));
        Assert.Equal(new PaymentDue(customer, id, Total(order)), due);

        var guest = await shop.PlacedAsync(OrderingShop.OrderOf(await shop.NewVariantAsync(1)));
        Assert.True(Id<OrderKind>.TryRead(guest.Text("id"), out var guestOrder));
        Assert.False((await Ordering.FindToPayAsync(guestOrder, new(null, guest.Text("orderToken")), CancellationToken.None)).Refused(out _, out _));
        Assert.False((await Ordering.CustomerOfOrderAsync(guestOrder, new(null, guest.Text("orderToken")), CancellationToken.None)).Refused(out _, out _));
        foreach (var stranger in new Payer[] { new(null, null), new(customer, null), new(null, "x"), new(null, order.Text("id")) })
        {
            Assert.Equal("order_not_found", (await Ordering.FindToPayAsync(guestOrder, stranger, CancellationToken.None)).Error!.Code);
            Assert.Equal("order_not_found", (await Ordering.CustomerOfOrderAsync(guestOrder, stranger, CancellationToken.None)).Error!.Code);
        }
    }
}
