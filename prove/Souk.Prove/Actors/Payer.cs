using System.Text.Json.Nodes;
using Souk.Prove.Traffic;

namespace Souk.Prove.Actors;

/// <summary>What a buyer does with an order that was accepted: pays, is declined, pays twice at once, cancels, cancels while paying, or lets it expire.</summary>
internal sealed class Payer(World world)
{
    static readonly string[] PaymentRefusals = ["order_not_payable", "payment_in_progress", "insufficient_balance", "payment_method_unavailable"];

    public async Task GoOnAsync(AcceptedOrder order, Random script)
    {
        switch (script.Next(100))
        {
            case < 45: await PayAsync(order, Key(script), "tok_ok"); break;
            case < 55:
                await PayAsync(order, Key(script), "tok_declined");
                await PayAsync(order, Key(script), "tok_ok");
                break;
            case < 63: await PayAsync(order, Key(script), "tok_timeout"); break;
            case < 71: await Task.WhenAll(PayAsync(order, Key(script), "tok_ok"), PayAsync(order, Key(script), null)); break;
            case < 77:
                var twice = Key(script);
                await Task.WhenAll(PayAsync(order, twice, "tok_ok"), PayAsync(order, twice, "tok_ok"));
                break;
            case < 85: await CancelAsync(order); break;
            case < 93: await Task.WhenAll(PayAsync(order, Key(script), "tok_ok"), CancelAsync(order)); break;
        }
        if (script.Next(4) == 0) await ReadAsync(order);
    }

    static string Key(Random script) => FormattableString.Invariant($"prove-{Guid.NewGuid():n}-{script.Next():x8}");

    public async Task PayAsync(AcceptedOrder order, string key, string? token, string method = "sandbox")
    {
        var payment = new JsonObject { ["method"] = method };
        if (token is not null) payment["token"] = token;
        var answer = await world.Shop.AskAsync("pay order", HttpMethod.Post, $"/v1/orders/{order.Id}/payments", payment, order.Caller, key);
        if (answer.Status == 201)
        {
            // Captured and not refused by the order: from now on it is paid for everybody.
            if (answer.Text("status") != "captured") return;
            if (order.WasCancelled) world.History.Violate(Promise.AcceptedIsKept, $"{order.Id} was cancelled, then paid");
            order.WasPaid = true;
            world.History.Paid.Enqueue(order.Id);
        }
        else Unless(answer, PaymentRefusals, $"paying {order.Id}");
    }

    async Task CancelAsync(AcceptedOrder order)
    {
        var answer = await world.Shop.AskAsync("cancel order", HttpMethod.Post, $"/v1/orders/{order.Id}/cancellation", new() { ["reason"] = "mistake" }, order.Caller);
        if (answer.Status != 201)
        {
            Unless(answer, ["order_not_cancellable"], $"cancelling {order.Id}");
            return;
        }
        if (order.WasPaid) world.History.Violate(Promise.AcceptedIsKept, $"{order.Id} was paid, then cancelled");
        order.WasCancelled = true;
    }

    async Task ReadAsync(AcceptedOrder order)
    {
        var (paid, cancelled) = (order.WasPaid, order.WasCancelled);
        var answer = await world.Shop.AskAsync("read order", HttpMethod.Get, $"/v1/orders/{order.Id}", null, order.Caller);
        if (answer.Status != 200)
        {
            if (answer.Status is > 0 and < 500) world.History.Violate(Promise.AcceptedIsKept, $"{order.Id} was answered with {answer}");
            return;
        }
        var (read, status) = (AcceptedOrder.Read(answer.Body, null, null), answer.Text("status"));
        if (read.Content != order.Content) world.History.Violate(Promise.SameContent, $"{order.Id} was accepted as {order.Content} and reads {read.Content}");
        if ((paid && status != "paid") || (cancelled && status != "cancelled")) world.History.Violate(Promise.AcceptedIsKept, $"{order.Id} was {(paid ? "paid" : "cancelled")} and reads {status}");
    }

    void Unless(Answer answer, ReadOnlySpan<string> refusals, string what)
    {
        if (answer.Status is > 0 and < 500 && !refusals.Contains(answer.Code)) world.History.Violate(Promise.Answers, $"{what} was answered with {answer}: {answer.Body}");
    }
}
