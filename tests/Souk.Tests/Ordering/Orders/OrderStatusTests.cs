using Souk.Ordering.Orders;

namespace Souk.Tests.Ordering.Orders;

public sealed class OrderStatusTests
{
    static readonly string[] All = [OrderStatus.Placed, OrderStatus.Paid, OrderStatus.Cancelled, OrderStatus.Expired];

    [Fact]
    public void Only_an_open_order_becomes_anything_else() => Assert.Equal(
        ["placed paid", "placed cancelled", "placed expired"],
        from was in All
        from becomes in All
        where OrderStatus.MayBecome(was, becomes)
        select $"{was} {becomes}");

    [Theory]
    [InlineData("placed", "unpaid")]
    [InlineData("paid", "paid")]
    [InlineData("cancelled", "unpaid")]
    [InlineData("expired", "unpaid")]
    public void Only_a_paid_order_is_paid(string status, string paymentStatus) => Assert.Equal(paymentStatus, OrderStatus.PaymentStatusOf(status));
}
