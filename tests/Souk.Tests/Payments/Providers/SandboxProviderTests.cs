using Souk.Contracts;
using Souk.Payments.Providers;
using Souk.Platform.Ids;
using Souk.Platform.Money;

namespace Souk.Tests.Payments.Providers;

public sealed class SandboxProviderTests(PaymentsShop shop) : IClassFixture<PaymentsShop>
{
    static readonly Money Price = new(500, "EUR");

    SandboxProvider Sandbox => new(shop.Db, shop.Clock);

    [Theory]
    [InlineData(null, true)]
    [InlineData("tok_ok", true)]
    [InlineData("tok_declined", false)]
    [InlineData("tok_whatever", false)]
    public async Task An_id_is_charged_once_however_often_it_is_asked_for(string? token, bool isCaptured)
    {
        var payment = NewCharging();
        var charges = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Sandbox.ChargeAsync(payment with { Token = token }, CancellationToken.None)));
        Assert.Equal(isCaptured, charges[0].IsCaptured);
        Assert.Single(charges.Distinct());
        Assert.Equal(charges[0], await Sandbox.FindAsync(payment, CancellationToken.None));
    }

    [Fact]
    public async Task The_outcome_of_an_id_stays_whatever_the_token_says_later()
    {
        var payment = NewCharging();
        Assert.False((await Sandbox.ChargeAsync(payment with { Token = "tok_declined" }, CancellationToken.None)).IsCaptured);
        Assert.False((await Sandbox.ChargeAsync(payment with { Token = "tok_ok" }, CancellationToken.None)).IsCaptured);
    }

    [Theory]
    [InlineData("tok_timeout", true)]
    [InlineData("tok_unavailable", false)]
    public async Task A_lost_answer_may_or_may_not_have_moved_money(string token, bool isCharged)
    {
        var payment = NewCharging();
        await Assert.ThrowsAsync<ProviderSilentException>(() => Sandbox.ChargeAsync(payment with { Token = token }, CancellationToken.None));
        Assert.Equal(isCharged, (await Sandbox.FindAsync(payment, CancellationToken.None))?.IsCaptured ?? false);
    }

    [Fact]
    public async Task A_closed_id_can_never_be_charged_and_a_charged_one_never_be_closed()
    {
        var (closed, charged) = (NewCharging(), NewCharging());
        Assert.False((await Sandbox.CancelAsync(closed, CancellationToken.None)).IsCaptured);
        Assert.False((await Sandbox.ChargeAsync(closed with { Token = null }, CancellationToken.None)).IsCaptured);
        await Sandbox.ChargeAsync(charged with { Token = null }, CancellationToken.None);
        Assert.True((await Sandbox.CancelAsync(charged, CancellationToken.None)).IsCaptured);
    }

    [Fact]
    public async Task Money_goes_back_once_and_only_where_there_was_some()
    {
        var (paid, declined) = (NewCharging(), NewCharging());
        await Sandbox.ChargeAsync(paid with { Token = null }, CancellationToken.None);
        await Sandbox.RefundAsync(paid, CancellationToken.None);
        var at = await RefundedAtAsync(paid);
        await Sandbox.RefundAsync(paid, CancellationToken.None);
        Assert.Equal(at, await RefundedAtAsync(paid));
        Assert.True((await Sandbox.ChargeAsync(paid with { Token = null }, CancellationToken.None)).IsCaptured);

        await Sandbox.ChargeAsync(declined with { Token = "tok_declined" }, CancellationToken.None);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Sandbox.RefundAsync(declined, CancellationToken.None));
    }

    [Fact]
    public async Task Another_amount_under_the_same_id_is_a_bug()
    {
        var payment = NewCharging();
        await Sandbox.ChargeAsync(payment with { Token = null }, CancellationToken.None);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Sandbox.ChargeAsync(payment with { Amount = Price with { Amount = 501 } }, CancellationToken.None));
    }

    Charging NewCharging() => new(Id<PaymentKind>.New(shop.Clock), Guid.NewGuid(), Price, null);

    async Task<DateTimeOffset> RefundedAtAsync(Charging payment) =>
        (await shop.ColumnAsync<DateTimeOffset>("SELECT refunded_at FROM payments.sandbox_charges WHERE payment_id = $1", payment.Id.Value)).Single();
}
