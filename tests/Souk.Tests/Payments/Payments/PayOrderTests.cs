using System.Net;
using Souk.Contracts;
using Souk.Payments.Payments;
using Souk.Platform.Ids;
using Souk.Tests.Identity;

namespace Souk.Tests.Payments.Payments;

public sealed class PayOrderTests(PaymentsShop shop) : IClassFixture<PaymentsShop>
{
    [Fact]
    public async Task Pays_an_order_of_ones_own()
    {
        var person = await shop.NewPerson();
        Assert.True(Id<AccountKind>.TryRead(person.Id, out var account));
        var order = shop.Orders.Place(account.Value);

        using var answer = await shop.SendPaymentAsync(order.Id, new { method = "sandbox", amount = new { amount = 1999, currency = "USD" } }, PaymentsShop.NewKey(), http: person.Http);

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var body = await answer.Body();
        Assert.Equal($"/v1/orders/{order.Id}/payments/{body.Text("id")}", answer.Headers.Location!.ToString());
        Assert.Equal((order.PaidBy.ToString(), order.Id.ToString(), "captured", "sandbox", 2),
            (body.Text("id"), body.Text("orderId"), body.Text("status"), body.Text("method"), body.GetProperty("version").GetInt32()));
        Assert.Equal((1999, "USD"), (body.GetProperty("amount").GetProperty("amount").GetInt64(), body.GetProperty("amount").Text("currency")));
        Assert.True(body.TryGetProperty("createdAt", out _));
        Assert.False(answer.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal("captured", await shop.BooksAsync(order));
    }

    [Fact]
    public async Task Fifty_replays_at_once_are_one_payment_and_one_charge()
    {
        var (order, key) = (shop.Orders.Place(), PaymentsShop.NewKey());

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => shop.PayAsync(order, key: key)));
        var bodies = await Task.WhenAll(answers.Select(a => a.Body()));

        Assert.All(answers, a => Assert.Equal(HttpStatusCode.Created, a.StatusCode));
        Assert.Single(bodies.Select(b => b.Text("id")).Distinct());
        Assert.All(bodies, b => Assert.Equal("captured", b.Text("status")));
        Assert.Single(answers, a => !a.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal(("captured", "1 captured"), (await shop.BooksAsync(order), await shop.ToldAsync(order)));
    }

    [Fact]
    public async Task A_replay_answers_the_payment_of_a_paid_order_and_another_request_with_its_key_is_refused()
    {
        var (order, key) = (shop.Orders.Place(), PaymentsShop.NewKey());
        using var first = await shop.PayAsync(order, key: key);
        using var replay = await shop.PayAsync(order, key: key);
        Assert.Equal(["true"], replay.Headers.GetValues("Idempotent-Replayed"));
        Assert.Equal((await first.Body()).GetRawText(), (await replay.Body()).GetRawText());

        using var other = await shop.PayAsync(order, "tok_ok", key);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "idempotency_key_reused"), (other.StatusCode, await other.Code()));
        using var anew = await shop.PayAsync(order);
        Assert.Equal((HttpStatusCode.Conflict, "order_not_payable"), (anew.StatusCode, await anew.Code()));
        Assert.Equal("captured", await shop.BooksAsync(order));
    }

    [Fact]
    public async Task A_declined_payment_is_an_answer_and_another_may_be_tried()
    {
        var order = shop.Orders.Place();
        using var declined = await shop.PayAsync(order, "tok_declined");
        Assert.Equal((HttpStatusCode.Created, "declined"), (declined.StatusCode, (await declined.Body()).Text("status")));
        Assert.Null(order.PaidBy);

        using var paid = await shop.PayAsync(order);
        Assert.Equal("captured", (await paid.Body()).Text("status"));
        Assert.Equal("declined captured", await shop.BooksAsync(order));
    }

    [Fact]
    public async Task Of_many_tabs_with_keys_of_their_own_one_pays()
    {
        var order = shop.Orders.Place();
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => shop.PayAsync(order)));

        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created);
        foreach (var late in answers.Where(a => a.StatusCode != HttpStatusCode.Created))
        {
            Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);
            Assert.True(await late.Code() is "payment_in_progress" or "order_not_payable");
        }
        Assert.Equal("captured", await shop.BooksAsync(order));
    }

    [Fact]
    public async Task A_second_tab_is_told_which_payment_is_under_way()
    {
        var order = shop.Orders.Place();
        using var pending = await shop.PayAsync(order, "tok_unavailable");
        using var second = await shop.PayAsync(order);
        Assert.Equal((HttpStatusCode.Conflict, "payment_in_progress"), (second.StatusCode, await second.Code()));
        Assert.Equal((await pending.Body()).Text("id"), (await second.Body()).Text("paymentId"));
    }

    [Fact]
    public async Task A_first_request_that_does_not_commit_in_time_is_said_to_be_in_progress()
    {
        var (order, key) = (shop.Orders.Place(), PaymentsShop.NewKey());
        await using var connection = await shop.Db.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var first = new NpgsqlCommand("""
            INSERT INTO payments.payments (customer_id, id, order_id, idempotency_key, fingerprint, method, amount, currency, status, version, created_at)
            VALUES ($1, $2, $3, $4, sha256(''), 'sandbox', 1999, 'USD', 'pending', 1, now())
            """, connection) { Parameters = { new() { Value = order.CustomerId }, new() { Value = Guid.CreateVersion7() }, new() { Value = order.Id.Value }, new() { Value = key } } })
            await first.ExecuteNonQueryAsync();

        using var second = await shop.PayAsync(order, key: key);
        Assert.Equal((HttpStatusCode.Conflict, "idempotency_in_progress"), (second.StatusCode, await second.Code()));
    }

    [Fact]
    public async Task The_same_key_may_name_payments_of_two_customers()
    {
        var (one, other, key) = (shop.Orders.Place(), shop.Orders.Place(), PaymentsShop.NewKey());
        using var first = await shop.PayAsync(one, key: key);
        using var second = await shop.PayAsync(other, key: key);
        Assert.Equal(HttpStatusCode.Created, second.StatusCode);
        Assert.NotEqual((await first.Body()).Text("id"), (await second.Body()).Text("id"));
    }

    [Fact]
    public async Task Tries_come_to_an_end()
    {
        var order = shop.Orders.Place();
        for (var i = 0; i < PaymentWrites.AttemptsMax; i++)
            using (var declined = await shop.PayAsync(order, "tok_declined")) Assert.Equal(HttpStatusCode.Created, declined.StatusCode);
        using var refused = await shop.PayAsync(order);
        Assert.Equal((HttpStatusCode.Conflict, "payment_attempts_exceeded"), (refused.StatusCode, await refused.Code()));
        Assert.Null(order.PaidBy);
    }

    [Fact]
    public async Task Nothing_due_is_paid_with_nothing()
    {
        var order = shop.Orders.Place(total: 0);
        using var answer = await shop.PayAsync(order);
        Assert.Equal("captured", (await answer.Body()).Text("status"));
        Assert.NotNull(order.PaidBy);
    }

    [Theory]
    [InlineData(null, """{"method": "sandbox"}""", 400, "idempotency_key_required")]
    [InlineData("short", """{"method": "sandbox"}""", 400, "idempotency_key_invalid")]
    [InlineData("k", "{}", 422, "validation_failed")]
    [InlineData("k", """{"method": ""}""", 422, "validation_failed")]
    [InlineData("k", """{"method": "sandbox", "token": ""}""", 422, "validation_failed")]
    [InlineData("k", """{"method": "sandbox", "token": "with space"}""", 422, "validation_failed")]
    [InlineData("k", """{"method": "sandbox", "amount": {"amount": 1998, "currency": "USD"}}""", 422, "validation_failed")]
    [InlineData("k", """{"method": "sandbox", "amount": {"amount": 1999, "currency": "EUR"}}""", 422, "validation_failed")]
    [InlineData("k", """{"method": "sandbox", "amount": {}}""", 422, "validation_failed")]
    [InlineData("k", """{"method": "sandbox", "amount": 1999}""", 400, "json_malformed")]
    [InlineData("k", """{"method": "sandbox", "card": "4242"}""", 400, "unknown_member")]
    [InlineData("k", """{"method": "stripe"}""", 422, "payment_method_unavailable")]
    [InlineData("k", """{"method": "stripe", "token": "pm_1"}""", 422, "payment_method_unavailable")]
    [InlineData("k", """{"method": "gift_card"}""", 422, "payment_method_unavailable")]
    public async Task Refuses_and_leaves_no_trace(string? key, string body, int status, string code)
    {
        var order = shop.Orders.Place();
        using var answer = await shop.SendPaymentAsync(order.Id, body, key == "k" ? PaymentsShop.NewKey() : key, order.Token);
        Assert.Equal((status, code), ((int)answer.StatusCode, await answer.Code()));
        Assert.Empty(await shop.StatusesAsync(order));
    }

    [Fact]
    public async Task A_refused_request_may_be_corrected_under_the_same_key()
    {
        var (order, key) = (shop.Orders.Place(), PaymentsShop.NewKey());
        using var wrong = await shop.SendPaymentAsync(order.Id, new { method = "stripe" }, key, order.Token);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
        using var right = await shop.PayAsync(order, key: key);
        Assert.Equal(HttpStatusCode.Created, right.StatusCode);
    }

    [Fact]
    public async Task An_order_of_somebody_else_does_not_exist()
    {
        var (order, stranger) = (shop.Orders.Place(), await shop.NewPerson());
        foreach (var (id, token, http) in new[] { (order.Id.ToString(), null, shop.Http), (order.Id.ToString(), "token-of-nobody", shop.Http),
            (order.Id.ToString(), null, stranger.Http), ("ord_1", order.Token, shop.Http), (Id<OrderKind>.New(shop.Clock).ToString(), order.Token, shop.Http) })
        {
            using var answer = await shop.SendPaymentAsync(id, new { method = "sandbox" }, PaymentsShop.NewKey(), token, http);
            Assert.Equal((HttpStatusCode.NotFound, "order_not_found"), (answer.StatusCode, await answer.Code()));
        }
        Assert.Empty(await shop.StatusesAsync(order));
    }
}
