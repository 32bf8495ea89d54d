using System.Net;
using Souk.Tests.Ordering;

namespace Souk.Tests.Payments.Payments;

/// <summary>What one process cannot prove: a node is killed with -9 in the middle of many payments, and another goes on from what it left in the database.</summary>
public sealed class KilledPaymentsTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    const int OrdersMax = 24;

    /// <param name="answers">The node dies once so many shoppers have their answer; the others are anywhere in between.</param>
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public async Task Nobody_pays_twice_and_no_money_is_lost(int answers)
    {
        List<(PlacedOrder Order, string Key)> orders = [];
        for (var i = 0; i < OrdersMax; i++) orders.Add((await PlacedOrder.NewAsync(shop), OrderingShop.NewKey()));
        await using var node = await HostProcess.StartWithAsync([("SOUK_PAYMENTS__METHODS", "sandbox")],
            "serve", "--database", shop.ConnectionString, "--keys", shop.KeysFolder, "--port", "auto", "--roles", "web");
        using var doomed = new HttpClient { BaseAddress = node.Address };
        var (answered, enough) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

        var acknowledged = Task.WhenAll(orders.Select(async pay =>
        {
            try
            {
                using var answer = await (pay.Order with { By = doomed }).PayAsync(key: pay.Key);
                if (Interlocked.Increment(ref answered) == answers) enough.TrySetResult();
                return answer.StatusCode == HttpStatusCode.Created && (await answer.Body()).Text("status") == "captured";
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }));
        await enough.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await node.KillAsync();
        var promised = await acknowledged;
        Assert.True(promised.Count(p => p) >= answers);

        foreach (var ((order, key), wasPromised) in orders.Zip(promised))
        {
            // What was promised holds before anybody mends anything.
            if (wasPromised) Assert.Equal(("paid", "paid"), await order.StatusAsync());
            await order.SettleAsync();
            Assert.True((await order.StatusAsync(), await order.BooksAsync()) is (("paid", _), "captured") or (("placed", _), ""));
            // The shopper who saw no answer asks again.
            using var again = await order.PayAsync(key: key);
            Assert.Equal("captured", (await again.Body()).Text("status"));
            Assert.Equal((("paid", "paid"), "captured"), (await order.StatusAsync(), await order.BooksAsync()));
        }
        Assert.Equal(0L, await shop.ScalarAsync<long>(
            "SELECT count(*) FROM payments.sandbox_charges s JOIN payments.payments p ON p.id = s.payment_id WHERE s.status = 'captured' AND p.accepted_at IS NULL"));
    }
}
