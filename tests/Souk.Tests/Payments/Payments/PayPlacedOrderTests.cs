using System.Net;
using System.Text.Json;
using Souk.Payments.Payments;
using Souk.Platform.Jobs;
using Souk.Tests.Identity;
using Souk.Tests.Ordering;

namespace Souk.Tests.Payments.Payments;

/// <summary>Orders as they are really placed, from the placement to the money.</summary>
public sealed class PayPlacedOrderTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    [Fact]
    public async Task A_guest_pays_with_the_token_of_the_order()
    {
        var order = await PlacedOrder.NewAsync(shop);
        using var answer = await order.PayAsync();
        Assert.Equal((HttpStatusCode.Created, "captured"), (answer.StatusCode, (await answer.Body()).Text("status")));

        Assert.Equal(("paid", "paid"), await order.StatusAsync());
        Assert.Equal(["1 order.placed", "2 order.paid"], await shop.ToldAsync(order.Id));
        Assert.Equal("captured", await order.BooksAsync());
        using var read = await shop.GetAsync(answer.Headers.Location!.ToString(), order.Token);
        Assert.Equal((await answer.Body()).GetRawText(), (await read.Body()).GetRawText());
        using var again = await order.PayAsync();
        Assert.Equal("order_not_payable", await again.Code());
    }

    [Fact]
    public async Task An_account_pays_its_own_order_and_no_other()
    {
        var (anna, ben) = (await shop.NewPerson(), await shop.NewPerson());
        var order = await PlacedOrder.NewAsync(shop, by: anna.Http);
        foreach (var stranger in new[] { ben.Http, shop.Http })
        {
            using var refused = await (order with { By = stranger }).PayAsync();
            Assert.Equal((HttpStatusCode.NotFound, "order_not_found"), (refused.StatusCode, await refused.Code()));
            using var unseen = await shop.GetAsync($"/v1/orders/{order.Id}/payments", by: stranger);
            Assert.Equal("order_not_found", await unseen.Code());
        }
        using var answer = await order.PayAsync();
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal(("paid", "paid"), await order.StatusAsync());
    }

    [Fact]
    public async Task Only_what_is_due_is_taken()
    {
        var order = await PlacedOrder.NewAsync(shop);
        using var wrong = await order.PayAsync(amount: order.Total - 1);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "validation_failed"), (wrong.StatusCode, await wrong.Code()));
        using var right = await order.PayAsync(amount: order.Total);
        Assert.Equal(order.Total, (await right.Body()).GetProperty("amount").GetProperty("amount").GetInt64());
    }

    [Fact]
    public async Task An_order_is_placed_and_paid_in_one_request_once_however_often_it_is_sent()
    {
        var (variant, key) = (await shop.NewVariantAsync(10), OrderingShop.NewKey());
        var request = new { lines = new[] { new { variantId = variant, quantity = 1 } }, email = "guest@example.com", payment = new { method = "sandbox" } };
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => shop.PlacedAsync(request, key)));
        var order = PlacedOrder.Of(shop, answers[0]);
        Assert.Single(answers.Select(a => a.Text("id")).Distinct());
        Assert.Equal(("paid", "paid"), await order.StatusAsync());
        Assert.Equal("captured", await order.BooksAsync());
        Assert.Equal((10, 1, 9), await shop.StockAsync(variant));
    }

    [Fact]
    public async Task An_order_whose_first_payment_was_declined_is_paid_by_the_next()
    {
        var variant = await shop.NewVariantAsync(10);
        var placed = await shop.PlacedAsync(new { lines = new[] { new { variantId = variant, quantity = 1 } }, email = "g@example.com", payment = new { method = "sandbox", token = "tok_declined" } });
        var order = PlacedOrder.Of(shop, placed);
        Assert.Equal(("placed", "unpaid"), await order.StatusAsync());
        using var declined = await order.PayAsync("tok_declined");
        Assert.Equal("declined", (await declined.Body()).Text("status"));
        using var paid = await order.PayAsync();
        Assert.Equal("captured", (await paid.Body()).Text("status"));
        Assert.Equal("declined declined captured", await order.BooksAsync());
        Assert.Equal(("paid", "paid"), await order.StatusAsync());
    }

    [Fact]
    public async Task Fifty_replays_and_a_second_tab_take_the_money_once()
    {
        var (order, key) = (await PlacedOrder.NewAsync(shop), OrderingShop.NewKey());
        var replays = Task.WhenAll(Enumerable.Range(0, 50).Select(_ => order.PayAsync(key: key)));
        var tabs = Task.WhenAll(Enumerable.Range(0, 10).Select(_ => order.PayAsync()));
        var answers = (await replays).Concat(await tabs).ToList();

        var made = await Task.WhenAll(answers.Where(a => a.StatusCode == HttpStatusCode.Created).Select(a => a.Body()));
        Assert.Single(made.Select(b => b.Text("id")).Distinct());
        foreach (var refused in answers.Where(a => a.StatusCode != HttpStatusCode.Created))
            Assert.True(await refused.Code() is "payment_in_progress" or "order_not_payable");
        Assert.Equal("captured", await order.BooksAsync());
        Assert.Equal(["1 order.placed", "2 order.paid"], await shop.ToldAsync(order.Id));
    }

    [Fact]
    public async Task Whoever_pays_and_cancels_at_once_has_either_the_goods_or_the_money()
    {
        for (var round = 0; round < 12; round++)
        {
            var order = await PlacedOrder.NewAsync(shop);
            var (paying, cancelling) = (order.PayAsync(), order.CancelAsync());
            using var payment = await paying;
            using var cancellation = await cancelling;

            var (status, _) = await order.StatusAsync();
            var books = await order.BooksAsync();
            Assert.True((status, books) is ("paid", "captured") or ("cancelled", "refunded") or ("cancelled", ""), $"The order is {status}, the money {books}.");
            Assert.Equal(status == "cancelled" ? HttpStatusCode.Created : HttpStatusCode.Conflict, cancellation.StatusCode);
        }
    }

    [Fact]
    public async Task A_lost_answer_keeps_the_order_open_until_the_job_has_found_out()
    {
        var order = await PlacedOrder.NewAsync(shop);
        using var answer = await order.PayAsync("tok_timeout");
        Assert.Equal("pending", (await answer.Body()).Text("status"));
        Assert.Equal(("placed", "unpaid"), await order.StatusAsync());
        await order.SettleAsync();
        Assert.Equal(("paid", "paid"), await order.StatusAsync());
        Assert.Equal("captured", await order.BooksAsync());
    }

    [Fact]
    public async Task Money_that_comes_after_the_cancellation_goes_back()
    {
        var order = await PlacedOrder.NewAsync(shop);
        using (await order.PayAsync("tok_timeout")) { }
        using var cancelled = await order.CancelAsync();
        Assert.Equal(HttpStatusCode.Created, cancelled.StatusCode);
        await order.SettleAsync();
        Assert.Equal(("cancelled", "unpaid"), await order.StatusAsync());
        Assert.Equal("refunded", await order.BooksAsync());
        Assert.Equal((10, 0, 10), await shop.StockAsync(order.Variant));
        var items = (await (await shop.GetAsync($"/v1/orders/{order.Id}/payments", order.Token)).Body()).GetProperty("items");
        Assert.Equal(["refunded"], items.EnumerateArray().Select(p => p.Text("status")));
    }
}

/// <summary>Time passes for the whole shop, so this has one of its own.</summary>
public sealed class PayExpiredOrderTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    [Fact]
    public async Task Money_that_comes_after_the_expiry_goes_back_and_no_more_is_taken()
    {
        var order = await PlacedOrder.NewAsync(shop);
        using (await order.PayAsync("tok_timeout")) { }
        shop.Clock.Advance(TimeSpan.FromMinutes(16));
        await Souk.Ordering.Orders.ExpireOrders.RunAsync(new(shop.Clock.GetUtcNow()), new JobContext(Guid.NewGuid(), 1, shop.App.Services), CancellationToken.None);
        await Answers.Eventually(async () => await order.StatusAsync() is ("expired", _), "the order expires");
        await order.SettleAsync();

        Assert.Equal("refunded", await order.BooksAsync());
        using var late = await order.PayAsync();
        Assert.Equal((HttpStatusCode.Conflict, "order_not_payable"), (late.StatusCode, await late.Code()));
        var stock = await (await shop.GetAsync($"/v1/availability?variantIds={order.Variant}")).Body();
        Assert.Equal(10, stock.GetProperty("items")[0].GetProperty("available").GetInt32());
    }
}

/// <summary>An order of one unit of a variant of which there are ten.</summary>
sealed record PlacedOrder(OrderingShop Shop, string Id, string? Token, string Variant, long Total, HttpClient? By)
{
    public static async Task<PlacedOrder> NewAsync(OrderingShop shop, HttpClient? by = null) =>
        Of(shop, await shop.PlacedAsync(OrderingShop.OrderOf(await shop.NewVariantAsync(10)), by: by), by);

    public static PlacedOrder Of(OrderingShop shop, JsonElement order, HttpClient? by = null) => new(shop, order.Text("id"),
        order.TryGetProperty("orderToken", out var token) ? token.GetString() : null, order.GetProperty("lines")[0].Text("variantId"),
        order.GetProperty("total").GetProperty("amount").GetInt64(), by);

    public Task<HttpResponseMessage> PayAsync(string? token = null, string? key = null, long? amount = null) => Shop.PostAsync($"/v1/orders/{Id}/payments",
        new { method = "sandbox", token, amount = amount is null ? null : new { amount, currency = "USD" } }, key ?? OrderingShop.NewKey(), By, ("Souk-Order-Token", Token));

    public Task<HttpResponseMessage> CancelAsync() => Shop.PostAsync($"/v1/orders/{Id}/cancellation", new { }, null, By, ("Souk-Order-Token", Token));

    public async Task<(string Status, string PaymentStatus)> StatusAsync()
    {
        using var answer = await Shop.GetAsync($"/v1/orders/{Id}", Token, By);
        var order = await answer.Body();
        return (order.Text("status"), order.Text("paymentStatus"));
    }

    /// <summary>The sandbox's own books, oldest first.</summary>
    public async Task<string> BooksAsync() => string.Join(' ', await RowsAsync(
        "SELECT s.status FROM payments.sandbox_charges s JOIN payments.payments p ON p.id = s.payment_id WHERE p.order_id = $1 ORDER BY p.id"));

    /// <summary>Runs the settle jobs of its payments as a worker would, due or not.</summary>
    public async Task SettleAsync()
    {
        foreach (var args in await RowsAsync("""
            SELECT j.args::text FROM platform.jobs j JOIN payments.payments p ON p.customer_id = (j.args ->> 'customerId')::uuid AND p.order_id = $1
            WHERE j.type = 'payments.settle-payment'
            """))
            await SettlePayment.RunAsync(JsonSerializer.Deserialize<SettlePayment.Job>(args, Souk.Platform.Http.Json.Options)!,
                new JobContext(Guid.NewGuid(), 1, Shop.App.Services), CancellationToken.None);
    }

    async Task<List<string>> RowsAsync(string sql)
    {
        Assert.True(Souk.Platform.Ids.Id<Souk.Contracts.OrderKind>.TryRead(Id, out var id));
        await using var command = Shop.Db.CreateCommand(sql);
        command.Parameters.Add(new() { Value = id.Value });
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync()) rows.Add(reader.GetString(0));
        return rows;
    }
}
