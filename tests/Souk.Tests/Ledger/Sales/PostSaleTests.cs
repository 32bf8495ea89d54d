using Souk.Contracts;
using Souk.Ledger.Accounts;
using Souk.Ledger.Sales;
using Souk.Ledger.Transfers;
using Souk.Platform.Ids;
using Souk.Platform.Jobs;

namespace Souk.Tests.Ledger.Sales;

public sealed class PostSaleTests(LedgerShop shop) : IClassFixture<LedgerShop>
{
    static PostSale.Job NewJob() => new(Guid.NewGuid(), Id<OrderKind>.New(TimeProvider.System), Id<PaymentKind>.New(TimeProvider.System));

    [Theory]
    [InlineData("sandbox", 1_000, 200, 106, "sale_goods 1000, sale_shipping 200, sale_tax 106")]
    [InlineData("sandbox", 1_000, 0, 89, "sale_goods 1000, sale_tax 89")]
    [InlineData("wallet", 1_000, 0, 0, "post, sale_goods 1000")]
    [InlineData("wallet", 0, 0, 0, "")]
    public void A_sale_is_a_chain_of_its_parts(string method, long goods, long shipping, long tax, string parts)
    {
        var chain = PostSale.Chain(NewJob(), new("USD", goods, shipping, tax), method);
        Assert.Equal(parts, string.Join(", ", chain.Select(t => t.Phase == TransferPhase.Post ? "post" : $"{t.Code} {t.Amount}")));
        for (var i = 0; i < chain.Count; i++) Assert.Equal(i < chain.Count - 1, chain[i].IsLinked);
    }

    [Fact]
    public async Task A_paid_order_is_posted_once_however_often_its_job_runs()
    {
        var variant = await shop.NewVariantAsync(10);
        var order = await shop.PlacedAsync(new { lines = new[] { new { variantId = variant, quantity = 2 } }, email = "guest@example.com", payment = new { method = "sandbox" } });
        Assert.Equal("paid", order.GetProperty("status").GetString());
        Assert.True(Id<OrderKind>.TryRead(order.GetProperty("id").GetString(), out var id));
        await Answers.Eventually(async () => await PostedAsync(id) > 0, "the sale is posted");

        var paid = (await shop.Db.QueryJobAsync(id)) ?? throw new InvalidOperationException("no order");
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => PostSale.RunAsync(paid, new JobContext(Guid.NewGuid(), 1, shop.App.Services), CancellationToken.None)));
        Assert.Equal(order.GetProperty("total").GetProperty("amount").GetInt64(), await PostedAsync(id));
        var tax = await shop.CountersAsync(LedgerAccount.OfShop(AccountPurpose.Tax, "USD").Id);
        Assert.Equal(order.GetProperty("tax").GetProperty("amount").GetInt64(), tax.Item4);
        Assert.Equal(0L, await shop.ScalarAsync<long>("SELECT count(*) FROM platform.jobs WHERE type = 'ledger.post-sale' AND attempts > 1"));
        await shop.ProveBooksAsync();
    }

    Task<long> PostedAsync(Id<OrderKind> order) => shop.ScalarAsync<long>($"SELECT coalesce(sum(amount), 0)::bigint FROM ledger.transfers WHERE reference = '{order.Value}'");
}

static class PaidOrders
{
    /// <summary>The job that posts an order, as the event would write it.</summary>
    public static async Task<PostSale.Job?> QueryJobAsync(this NpgsqlDataSource db, Id<OrderKind> order)
    {
        await using var command = db.CreateCommand("SELECT customer_id, payment_id FROM ordering.orders WHERE id = $1 AND status = 'paid'");
        command.Parameters.Add(new() { Value = order.Value });
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync() ? new(reader.GetGuid(0), order, new(reader.GetGuid(1))) : null;
    }
}
