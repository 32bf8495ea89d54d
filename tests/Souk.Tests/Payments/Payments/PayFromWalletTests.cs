using System.Net;
using Souk.Ledger.Sales;
using Souk.Payments.Payments;
using Souk.Payments.Providers;
using Souk.Platform.Ids;
using Souk.Platform.Jobs;
using Souk.Platform.Money;
using Souk.Tests.Identity;
using Souk.Tests.Ledger.Sales;
using Souk.Tests.Ordering;
using Souk.Tests.Payments.TopUps;

namespace Souk.Tests.Payments.Payments;

/// <summary>Paying with the wallet is one call; cut off anywhere it neither loses money nor takes it twice.</summary>
public sealed class PayFromWalletTests(CutLedgerShop shop) : IClassFixture<CutLedgerShop>
{
    static readonly SemaphoreSlim OneAtATime = new(1);

    [Fact]
    public async Task An_order_is_placed_and_paid_from_the_wallet_in_one_call()
    {
        var anna = await shop.PersonAsync("anna");
        await shop.TopUpAsync(anna, 5_000);
        var before = await shop.BalanceAsync(anna);
        var order = await shop.PlacedAsync(new { lines = new[] { new { variantId = await shop.NewVariantAsync(10), quantity = 1 } }, payment = new { method = "wallet" } }, by: anna.Http);
        var total = order.GetProperty("total").GetProperty("amount").GetInt64();
        Assert.Equal(("paid", "captured"), (order.Text("status"), order.GetProperty("payment").Text("status")));
        // Held until it is posted with the sale.
        Assert.Equal((before.Balance, before.Held + total, before.Available - total), await shop.BalanceAsync(anna));
        await PostAsync(order.Text("id"));
        await PostAsync(order.Text("id"));
        Assert.Equal((before.Balance - total, before.Held, before.Available - total), await shop.BalanceAsync(anna));

        var line = (await (await anna.Http.GetAsync("/v1/me/wallet/statement?limit=1")).Body()).GetProperty("items")[0];
        Assert.Equal(("order_payment", -total, order.GetProperty("payment").Text("id")), (line.Text("type"), line.GetProperty("amount").GetProperty("amount").GetInt64(), line.Text("reference")));
        await shop.ProveBooksAsync();
    }

    [Fact]
    public async Task Too_little_in_the_wallet_is_a_clear_no_and_the_order_stays_open()
    {
        var ben = await shop.PersonAsync("ben");
        var order = await PlacedOrder.NewAsync(shop, ben.Http);
        using var refused = await PayAsync(order);
        var problem = await refused.Problem(HttpStatusCode.Conflict, "insufficient_balance");
        Assert.Equal(0, problem.GetProperty("available").GetProperty("amount").GetInt64());
        Assert.Equal(("placed", "unpaid"), await order.StatusAsync());
        Assert.Empty((await (await shop.GetAsync($"/v1/orders/{order.Id}/payments", by: ben.Http)).Body()).GetProperty("items").EnumerateArray());
        // Together with the placement it shows as a payment that was declined.
        var placed = await shop.PlacedAsync(new { lines = new[] { new { variantId = order.Variant, quantity = 1 } }, payment = new { method = "wallet" } }, by: ben.Http);
        Assert.Equal(("placed", "declined"), (placed.Text("status"), placed.GetProperty("payment").Text("status")));
        // A guest has no wallet.
        using var guest = await PayAsync(await PlacedOrder.NewAsync(shop));
        await guest.Problem(HttpStatusCode.Conflict, "insufficient_balance");
    }

    [Fact]
    public async Task Orders_paid_at_once_from_a_wallet_with_money_for_three_are_three()
    {
        var carl = await shop.PersonAsync("carl");
        var orders = new List<PlacedOrder>();
        for (var i = 0; i < 8; i++) orders.Add(await PlacedOrder.NewAsync(shop, carl.Http));
        await shop.TopUpAsync(carl, orders[0].Total * 3);
        var answers = await Task.WhenAll(orders.Select(o => PayAsync(o)));
        var outcomes = await Task.WhenAll(answers.Select(async a => a.StatusCode == HttpStatusCode.Created ? (await a.Body()).Text("status") : await a.Code()));
        Assert.Equal(3, outcomes.Count(o => o == "captured"));
        Assert.All(outcomes, o => Assert.Contains(o, (string[])["captured", "declined", "insufficient_balance"]));
        Assert.Equal((0L, orders[0].Total * 3), ((await shop.BalanceAsync(carl)).Available, (await shop.BalanceAsync(carl)).Held));
        Assert.Equal(3, (await Task.WhenAll(orders.Select(o => o.StatusAsync()))).Count(s => s.Status == "paid"));
        await shop.ProveBooksAsync();
    }

    [Theory]
    [InlineData("before charge", false, true)]
    [InlineData("after charge", false, true)]
    [InlineData("after charge", false, false)]
    [InlineData("after charge", true, true)]
    [InlineData("before refund", true, false)]
    [InlineData("after refund", true, false)]
    public async Task Cut_off_anywhere_the_money_ends_with_a_paid_order_or_in_the_wallet(string point, bool isCancelled, bool asksAgain)
    {
        await OneAtATime.WaitAsync();   // a cut is made wherever it fits first
        try
        {
            var (dora, key) = (await shop.PersonAsync("dora"), OrderingShop.NewKey());
            await shop.TopUpAsync(dora, 5_000);
            var (order, before) = (await PlacedOrder.NewAsync(shop, dora.Http), await shop.BalanceAsync(dora));
            shop.Cuts.At(isCancelled ? "after charge" : point);
            using (var cut = await PayAsync(order, key)) Assert.Equal(HttpStatusCode.InternalServerError, cut.StatusCode);
            if (isCancelled)
            {
                using (var cancelled = await order.CancelAsync()) Assert.Equal(HttpStatusCode.Created, cancelled.StatusCode);
                if (point.EndsWith("refund", StringComparison.Ordinal))
                {
                    shop.Cuts.At(point);
                    using var again = await PayAsync(order, key);
                    Assert.Equal(HttpStatusCode.InternalServerError, again.StatusCode);
                }
            }
            if (asksAgain)
                using (var again = await PayAsync(order, key)) Assert.Equal(isCancelled ? "refunded" : "captured", (await again.Body()).Text("status"));
            for (var i = 0; i < 2; i++) await shop.RunJobsAsync<SettlePayment.Job>(SettlePayment.JobType, SettlePayment.RunAsync);
            if (!isCancelled) await PostAsync(order.Id);

            Assert.Equal(isCancelled ? ("cancelled", "unpaid") : ("paid", "paid"), await order.StatusAsync());
            Assert.Equal(isCancelled ? before : (before.Balance - order.Total, before.Held, before.Available - order.Total), await shop.BalanceAsync(dora));
            await shop.ProveBooksAsync();
        }
        finally
        {
            OneAtATime.Release();
        }
    }

    [Fact]
    public async Task A_hold_that_was_refused_or_closed_stays_so_and_one_that_was_made_too()
    {
        var (emil, wallet) = (await shop.PersonAsync("emil"), new WalletProvider(Get<Souk.Contracts.IWallets>()));
        Charging New(long amount) => new(Id<Souk.Contracts.PaymentKind>.New(shop.Clock), Souk.Tests.Ledger.LedgerShop.CustomerOf(emil), new Money(amount, "USD"), null);
        var (poor, closed, made) = (New(100), New(100), New(100));
        Assert.False((await wallet.ChargeAsync(poor, default)).IsCaptured);
        Assert.Null(await wallet.FindAsync(closed, default));
        Assert.False((await wallet.CancelAsync(closed, default)).IsCaptured);
        await shop.TopUpAsync(emil, 1_000);
        foreach (var no in new[] { poor, closed })
            Assert.Equal((false, false), ((await wallet.ChargeAsync(no, default)).IsCaptured, (await wallet.FindAsync(no, default))!.IsCaptured));
        var charges = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => wallet.ChargeAsync(made, default)));
        Assert.True(Assert.Single(charges.Distinct()).IsCaptured);
        Assert.True((await wallet.CancelAsync(made, default)).IsCaptured);
        Assert.Equal(900, (await shop.BalanceAsync(emil)).Available);
        // Charged and closed at once, it is one of the two.
        foreach (var _ in Enumerable.Range(0, 10))
        {
            var either = New(1);
            var (charging, closing) = (wallet.ChargeAsync(either, default), wallet.CancelAsync(either, default));
            Assert.Equal((await charging).IsCaptured, (await closing).IsCaptured);
        }
        await wallet.RefundAsync(made, default);
        await wallet.RefundAsync(made, default);
        await Assert.ThrowsAsync<InvalidOperationException>(() => wallet.RefundAsync(poor, default));
        await shop.ProveBooksAsync();
    }

    T Get<T>() where T : notnull => (T)shop.App.Services.GetService(typeof(T))!;

    Task<HttpResponseMessage> PayAsync(PlacedOrder order, string? key = null) =>
        shop.PostAsync($"/v1/orders/{order.Id}/payments", new { method = "wallet" }, key ?? OrderingShop.NewKey(), order.By, ("Souk-Order-Token", order.Token));

    /// <summary>As the relay and its job do.</summary>
    async Task PostAsync(string order)
    {
        Assert.True(Id<Souk.Contracts.OrderKind>.TryRead(order, out var id));
        await PostSale.RunAsync((await shop.Db.QueryJobAsync(id))!, new JobContext(Guid.NewGuid(), 1, shop.App.Services), CancellationToken.None);
    }
}
