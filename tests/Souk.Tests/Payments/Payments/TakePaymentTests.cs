using Microsoft.Extensions.DependencyInjection;
using Souk.Contracts;

namespace Souk.Tests.Payments.Payments;

/// <summary>What Ordering asks when an order is placed and paid in one request.</summary>
public sealed class TakePaymentTests(PaymentsShop shop) : IClassFixture<PaymentsShop>
{
    IPayments Payments => shop.App.Services.GetRequiredService<IPayments>();

    [Theory]
    [InlineData(null, "captured")]
    [InlineData("tok_declined", "declined")]
    [InlineData("tok_timeout", "pending")]
    public async Task A_placed_order_is_paid_once_per_key(string? token, string status)
    {
        var (order, key) = (shop.Orders.Place(), PaymentsShop.NewKey());
        var first = await PayAsync(order, token, key);
        Assert.Equal(status, first.Status);
        var again = await PayAsync(order, token, key);
        Assert.Equal(first.Id, again.Id);
        Assert.Equal(status == "declined" ? "declined" : "captured", again.Status);
        Assert.Single((await shop.BooksAsync(order)).Split(' '));
    }

    [Fact]
    public async Task The_key_of_the_placement_is_not_good_for_another_payment()
    {
        var (order, key) = (shop.Orders.Place(), PaymentsShop.NewKey());
        await PayAsync(order, "tok_declined", key);
        using var answer = await shop.PayAsync(order, "tok_declined", key);
        Assert.Equal("idempotency_key_reused", await answer.Code());
        Assert.True((await Payments.PayAsync(Due(order), "sandbox", "tok_ok", key, CancellationToken.None)).Refused(out var error, out _));
        Assert.Equal((422, "idempotency_key_reused"), (error.Status, error.Code));
    }

    [Fact]
    public async Task A_method_the_shop_has_not_set_up_is_refused()
    {
        Assert.Null(Payments.Refuse("sandbox", null));
        var order = shop.Orders.Place();
        Assert.True((await Payments.PayAsync(Due(order), "stripe", null, PaymentsShop.NewKey(), CancellationToken.None)).Refused(out var error, out _));
        foreach (var refusal in new[] { error, Payments.Refuse("stripe", null), Payments.Refuse("Sandbox", null), Payments.Refuse("", null) })
            Assert.Equal((422, "payment_method_unavailable"), (refusal!.Status, refusal.Code));
        Assert.Empty(await shop.StatusesAsync(order));
    }

    [Theory]
    [InlineData("")]
    [InlineData("tok\0ok")]
    [InlineData("tok ok")]
    public async Task A_token_that_no_provider_gave_is_refused(string token)
    {
        var order = shop.Orders.Place();
        foreach (var wrong in new[] { token, token.PadRight(256, 'x') })
        {
            Assert.True((await Payments.PayAsync(Due(order), "sandbox", wrong, PaymentsShop.NewKey(), CancellationToken.None)).Refused(out var error, out _));
            Assert.Equal((422, "validation_failed"), (error.Status, error.Code));
        }
        Assert.Empty(await shop.StatusesAsync(order));
    }

    async Task<PaymentMade> PayAsync(OpenOrders.Order order, string? token, string key)
    {
        var result = await Payments.PayAsync(Due(order), "sandbox", token, key, CancellationToken.None);
        Assert.False(result.Refused(out _, out var made));
        return made!;
    }

    static PaymentDue Due(OpenOrders.Order order) => new(order.CustomerId, order.Id, order.Total);
}
