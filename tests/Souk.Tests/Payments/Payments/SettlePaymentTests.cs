using System.Net;
using Souk.Payments.Payments;
using Souk.Payments.Providers;
using Souk.Platform.Errors;

namespace Souk.Tests.Payments.Payments;

/// <summary>The saga's promise: whatever is cut off where, the money is taken at most once and ends with a paid order or back with the shopper.</summary>
public sealed class SettlePaymentTests(PaymentsShop shop) : IClassFixture<PaymentsShop>
{
    public static TheoryData<string, string, bool> EveryCut()
    {
        var cuts = new TheoryData<string, string, bool>();
        foreach (var again in new[] { false, true })
        {
            foreach (var point in new[] { "before charge", "after charge", "before record", "after record" }) cuts.Add("captured", point, again);
            foreach (var point in new[] { "before charge", "after charge" }) cuts.Add("declined", point, again);
            foreach (var point in new[] { "before charge", "after charge", "before record", "after record", "before refund", "after refund" }) cuts.Add("refunded", point, again);
        }
        return cuts;
    }

    /// <param name="end">Where the payment must end.</param>
    /// <param name="isRetried">The shopper sends the request again; otherwise only the job goes on.</param>
    [Theory]
    [MemberData(nameof(EveryCut))]
    public async Task A_crash_between_any_two_steps_loses_nothing_and_repeats_nothing(string end, string cut, bool isRetried)
    {
        var order = shop.Orders.Place();
        var (token, key) = (end == "declined" ? "tok_declined" : "tok_ok", PaymentsShop.NewKey());
        // To be refused at the last moment, the order ends after it was found payable.
        if (end == "refunded") shop.Cuts.At("before charge");
        if (end == "refunded") await CrashAsync(order, token, key);
        if (end == "refunded") order.IsClosed = true;

        shop.Cuts.At(cut);
        await CrashAsync(order, token, key);
        if (isRetried)
        {
            using var answer = await shop.PayAsync(order, token, key);
            Assert.Equal((HttpStatusCode.Created, end), (answer.StatusCode, (await answer.Body()).Text("status")));
        }
        Assert.Null(await shop.RunJobsAsync(order));
        Assert.Null(await shop.RunJobsAsync(order));

        Assert.Equal(end, await shop.StatusesAsync(order));
        Assert.Equal(end, await shop.BooksAsync(order));
        Assert.Equal(end == "captured", order.PaidBy is not null);
        Assert.Equal(end == "refunded" ? "1 captured, 2 refunded" : $"1 {end}", await shop.ToldAsync(order));
        Assert.Equal(end == "refunded" ? "pending to captured, captured to refunded" : $"pending to {end}", await shop.ChangesAsync(order));
    }

    [Fact]
    public async Task Many_who_drive_one_payment_at_once_do_each_step_once()
    {
        foreach (var isClosed in new[] { false, true })
        {
            var order = shop.Orders.Place();
            shop.Cuts.At("before charge");
            await CrashAsync(order, "tok_ok", PaymentsShop.NewKey());
            order.IsClosed = isClosed;

            await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => shop.RunJobsAsync(order)));

            var end = isClosed ? "refunded" : "captured";
            Assert.Equal((end, end), (await shop.StatusesAsync(order), await shop.BooksAsync(order)));
            Assert.Equal(isClosed ? "1 captured, 2 refunded" : "1 captured", await shop.ToldAsync(order));
        }
    }

    [Fact]
    public async Task A_lost_answer_is_found_out_by_the_job()
    {
        var order = shop.Orders.Place();
        using var answer = await shop.PayAsync(order, "tok_timeout");
        Assert.Equal((HttpStatusCode.Created, "pending"), (answer.StatusCode, (await answer.Body()).Text("status")));
        Assert.Equal("captured", await shop.BooksAsync(order));
        Assert.Null(order.PaidBy);

        Assert.Null(await shop.RunJobsAsync(order));
        Assert.Equal("captured", await shop.StatusesAsync(order));
        Assert.NotNull(order.PaidBy);
        Assert.Equal([1], await shop.ColumnAsync<int>("SELECT asked FROM payments.sandbox_charges WHERE payment_id = $1", order.PaidBy.Value.Value));
    }

    [Fact]
    public async Task A_lost_answer_is_found_out_by_the_shopper_who_asks_again()
    {
        var (order, key) = (shop.Orders.Place(), PaymentsShop.NewKey());
        using var first = await shop.PayAsync(order, "tok_timeout", key);
        using var second = await shop.PayAsync(order, "tok_timeout", key);
        Assert.Equal(("pending", "captured"), ((await first.Body()).Text("status"), (await second.Body()).Text("status")));
    }

    [Fact]
    public async Task The_settle_job_is_written_with_the_payment_and_comes_after_the_request()
    {
        var order = shop.Orders.Place();
        using var answer = await shop.PayAsync(order, "tok_timeout");
        Assert.Equal([true], await shop.ColumnAsync<bool>("""
            SELECT j.due_at = p.created_at + $2 FROM platform.jobs j JOIN payments.payments p ON p.customer_id = (j.args ->> 'customerId')::uuid
            WHERE p.order_id = $1 AND j.type = 'payments.settle-payment'
            """, order.Id.Value, SettlePayment.ResumeAfter));
    }

    [Fact]
    public async Task A_payment_that_has_come_to_its_end_leaves_no_job()
    {
        var order = shop.Orders.Place();
        using var answer = await shop.PayAsync(order);
        Assert.Equal("captured", (await answer.Body()).Text("status"));
        Assert.Equal([0L], await shop.ColumnAsync<long>("""
            SELECT count(*) FROM platform.jobs j JOIN payments.payments p ON p.customer_id = (j.args ->> 'customerId')::uuid
            WHERE p.order_id = $1 AND j.type = 'payments.settle-payment'
            """, order.Id.Value));
    }

    [Fact]
    public async Task An_order_that_ends_while_it_is_paid_gives_the_money_back_and_the_job_finds_nothing_to_do()
    {
        var (order, key) = (shop.Orders.Place(), PaymentsShop.NewKey());
        shop.Cuts.At("after charge");
        await CrashAsync(order, "tok_ok", key);
        order.IsClosed = true;

        using var answer = await shop.PayAsync(order, "tok_ok", key);
        Assert.Equal("refunded", (await answer.Body()).Text("status"));
        Assert.Null(await shop.RunJobsAsync(order));
        Assert.Equal([1], await shop.ColumnAsync<int>(
            "SELECT refunds FROM payments.sandbox_charges s JOIN payments.payments p ON p.id = s.payment_id WHERE p.order_id = $1", order.Id.Value));
    }

    [Fact]
    public async Task Money_that_the_order_would_not_take_is_not_told_as_captured_while_it_is_on_its_way_back()
    {
        var (order, key) = (shop.Orders.Place(), PaymentsShop.NewKey());
        shop.Cuts.At("after charge");
        await CrashAsync(order, "tok_ok", key);
        order.IsClosed = true;

        shop.Cuts.At("no answer to refund");
        using var answer = await shop.PayAsync(order, "tok_ok", key);
        var told = await answer.Body();
        Assert.Equal(("pending", 1, "\"1\""), (told.Text("status"), told.GetProperty("version").GetInt32(), answer.Headers.ETag?.Tag));
        Assert.Equal("captured", await shop.StatusesAsync(order));

        Assert.Null(await shop.RunJobsAsync(order));
        using var again = await shop.PayAsync(order, "tok_ok", key);
        Assert.Equal("refunded", (await again.Body()).Text("status"));
    }

    [Fact]
    public async Task Not_now_is_no_refusal()
    {
        var order = shop.Orders.Place();
        order.Excuse = new Error(503, "temporarily_unavailable", "Busy.");
        using var answer = await shop.PayAsync(order);
        Assert.Equal(("pending", null), ((await answer.Body()).Text("status"), order.PaidBy));

        order.Excuse = new Error(503, "temporarily_unavailable", "Busy.");
        Assert.Contains("Busy.", await shop.RunJobsAsync(order), StringComparison.Ordinal);
        Assert.Null(await shop.RunJobsAsync(order));
        Assert.NotNull(order.PaidBy);
        Assert.Equal("captured", await shop.BooksAsync(order));
    }

    async Task CrashAsync(OpenOrders.Order order, string token, string key)
    {
        using var answer = await shop.PayAsync(order, token, key);
        Assert.Equal((HttpStatusCode.InternalServerError, "internal_error"), (answer.StatusCode, await answer.Code()));
    }
}

/// <summary>Time passes for the whole shop, so these have one of their own.</summary>
public sealed class GiveUpPaymentTests(PaymentsShop shop) : IClassFixture<PaymentsShop>
{
    [Fact]
    public async Task A_provider_that_stays_away_is_given_up_for_good_and_the_order_can_be_paid_in_another_way()
    {
        var order = shop.Orders.Place();
        using var answer = await shop.PayAsync(order, "tok_unavailable");
        Assert.Equal("pending", (await answer.Body()).Text("status"));
        Assert.Contains("waits:", await shop.RunJobsAsync(order), StringComparison.Ordinal);
        using (var second = await shop.PayAsync(order)) Assert.Equal("payment_in_progress", await second.Code());

        shop.Clock.Advance(AskProvider.GiveUpAfter + TimeSpan.FromSeconds(1));
        Assert.Null(await shop.RunJobsAsync(order));
        Assert.Equal(("declined", "cancelled"), (await shop.StatusesAsync(order), await shop.BooksAsync(order)));

        using var third = await shop.PayAsync(order);
        Assert.Equal("captured", (await third.Body()).Text("status"));
        Assert.Equal("cancelled captured", await shop.BooksAsync(order));
    }

    [Fact]
    public async Task A_charge_that_was_made_is_kept_however_late_it_is_found()
    {
        var order = shop.Orders.Place();
        using var answer = await shop.PayAsync(order, "tok_timeout");
        shop.Clock.Advance(AskProvider.GiveUpAfter * 10);
        Assert.Null(await shop.RunJobsAsync(order));
        Assert.Equal(("captured", "captured"), (await shop.StatusesAsync(order), await shop.BooksAsync(order)));
    }
}
