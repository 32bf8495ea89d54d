using Souk.Payments.Payments;

namespace Souk.Tests.Payments.Payments;

public sealed class PaymentStatesTests(PaymentsShop shop) : IClassFixture<PaymentsShop>
{
    [Theory]
    [InlineData("pending", false, false, nameof(Step.AskProvider))]
    [InlineData("captured", false, false, nameof(Step.AskOrdering))]
    [InlineData("captured", true, false, nameof(Step.Nothing))]
    [InlineData("captured", false, true, nameof(Step.GiveBack))]
    [InlineData("declined", false, false, nameof(Step.Nothing))]
    [InlineData("refunded", false, true, nameof(Step.Nothing))]
    public void Each_state_has_one_next_step(string status, bool isAccepted, bool isRefused, string step) =>
        Assert.Equal(step, PaymentStates.Next(PaymentStates.Read(status)!.Value, isAccepted, isRefused).ToString());

    [Fact]
    public void A_word_is_read_as_it_is_written()
    {
        foreach (var status in Enum.GetValues<PaymentStatus>()) Assert.Equal(status, PaymentStates.Read(status.Text()));
        Assert.Null(PaymentStates.Read("Pending"));
        Assert.Null(PaymentStates.Read("paid"));
    }

    [Fact]
    public async Task The_history_holds_exactly_the_changes_of_the_table()
    {
        var (customer, payment) = await PendingAsync();
        foreach (var from in Enum.GetValues<PaymentStatus>())
            foreach (var to in Enum.GetValues<PaymentStatus>())
            {
                await using var connection = await shop.Db.OpenConnectionAsync();
                await using var transaction = await connection.BeginTransactionAsync();
                await using var insert = new NpgsqlCommand("INSERT INTO payments.payment_changes VALUES ($1, $2, 2, $3, $4, now())", connection)
                {
                    Parameters = { new() { Value = customer }, new() { Value = payment }, new() { Value = from.Text() }, new() { Value = to.Text() } },
                };
                if (PaymentStates.Transitions.Contains((from, to))) await insert.ExecuteNonQueryAsync();
                else Assert.Equal("payment_changes_are_possible", (await Assert.ThrowsAsync<PostgresException>(() => insert.ExecuteNonQueryAsync())).ConstraintName);
            }
    }

    [Theory]
    [InlineData("status = 'captured'", "payments_captured_once")]
    [InlineData("captured_at = now(), provider_reference = 'x'", "payments_captured_once")]
    [InlineData("status = 'captured', captured_at = now(), token = NULL", "payments_answered_by_a_provider")]
    [InlineData("status = 'captured', captured_at = now(), provider_reference = 'x'", "payments_token_while_needed")]
    [InlineData("status = 'declined', token = NULL", "payments_declined_once")]
    [InlineData("status = 'refunded', captured_at = now(), provider_reference = 'x', token = NULL", "payments_refunded_once")]
    [InlineData("status = 'refunded', captured_at = now(), provider_reference = 'x', token = NULL, refunded_at = now()", "payments_refunded_was_refused")]
    [InlineData("refused_at = now()", "payments_refused_had_money")]
    [InlineData("accepted_at = now()", "payments_accepted_is_kept")]
    [InlineData("status = 'captured', captured_at = now(), provider_reference = 'x', token = NULL, accepted_at = now(), refused_at = now()", "payments_accepted_is_kept")]
    [InlineData("status = 'lost'", "payments_status_check")]
    [InlineData("amount = -1", "payments_amount_check")]
    [InlineData("currency = 'usd'", "payments_currency_check")]
    public async Task The_database_holds_no_payment_that_contradicts_itself(string change, string constraint)
    {
        var (customer, payment) = await PendingAsync();
        await using var command = shop.Db.CreateCommand($"UPDATE payments.payments SET {change} WHERE customer_id = $1 AND id = $2");
        command.Parameters.Add(new() { Value = customer });
        command.Parameters.Add(new() { Value = payment });
        Assert.Equal(constraint, (await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync())).ConstraintName);
    }

    /// <summary>A payment that the provider was never asked for.</summary>
    async Task<(Guid Customer, Guid Payment)> PendingAsync()
    {
        var order = shop.Orders.Place();
        using var answer = await shop.PayAsync(order, "tok_unavailable");
        Assert.Equal("pending", (await answer.Body()).Text("status"));
        return (order.CustomerId, (await shop.ColumnAsync<Guid>("SELECT id FROM payments.payments WHERE order_id = $1", order.Id.Value)).Single());
    }
}
