using Souk.Prove.Actors;
using Souk.Prove.Traffic;

namespace Souk.Prove.Checks;

/// <summary>What anyone can check who has an account of the staff.</summary>
internal sealed class ApiChecks(World world, Inboxes inboxes)
{
    /// <summary>More orders than this are looked at by rows only; these are the last ones and as many from all the run.</summary>
    const int OrdersMax = 5_000;

    const int AtOnce = 16;

    public IEnumerable<Check> All =>
    [
        new(Promise.AcceptedIsKept, "API", AcceptedIsKeptAsync),
        new(Promise.ChargedOnce, "API", ChargedOnceAsync),
        new(Promise.HistoryIsAPath, "API", HistoryIsAPathAsync),
        new(Promise.StockIsAsTold, "API", StockIsAsToldAsync),
        new(Promise.InboxIsWhole, "API", inboxes.CheckAsync),
        new(Promise.WalletIsAsTold, "API", new Wallets(world).CheckAsync),
        new(Promise.WorkIsDone, "API", WorkIsDoneAsync),
    ];

    async Task<long> AcceptedIsKeptAsync(History history) => await EachAsync(Some(history), async order =>
    {
        var answer = await world.Shop.AskAsync("check order", HttpMethod.Get, $"/v1/orders/{order.Id}", null, order.Caller);
        if (answer.Status != 200)
        {
            history.Violate(Promise.AcceptedIsKept, $"{order.Id} was accepted and is answered with {answer}");
            return;
        }
        var (read, status, fulfilment) = (AcceptedOrder.Read(answer.Body, null, null), answer.Text("status"), answer.Text("fulfilmentStatus"));
        if (read.Content != order.Content) history.Violate(Promise.AcceptedIsKept, $"{order.Id} was accepted as {order.Content} and reads {read.Content}");
        if ((order.WasPaid && status != "paid") || (order.WasCancelled && status != "cancelled"))
            history.Violate(Promise.AcceptedIsKept, $"{order.Id} was told to be {(order.WasPaid ? "paid" : "cancelled")} and is {status}");
        if (order.Fulfilment is { } told && Array.IndexOf(Diagram.Steps, fulfilment) < Array.IndexOf(Diagram.Steps, told))
            history.Violate(Promise.AcceptedIsKept, $"{order.Id} was {told} and is {fulfilment}");
    });

    async Task<long> ChargedOnceAsync(History history) => await EachAsync(Some(history), async order =>
    {
        var answer = await world.Shop.AskAsync("check payments", HttpMethod.Get, $"/v1/admin/payments?orderId={order.Id}", null, new(world.Staff));
        if (answer.Status != 200) history.Violate(Promise.Answers, $"the payments of {order.Id} were answered with {answer}");
        else if (answer.Body.GetProperty("items").EnumerateArray().Count(p => p.GetProperty("status").GetString() == "captured") is > 1 and var times)
            history.Violate(Promise.ChargedOnce, $"{order.Id} was charged {times} times");
    });

    async Task<long> HistoryIsAPathAsync(History history) => await EachAsync(Some(history), async order =>
    {
        var answer = await world.Shop.AskAsync("check history", HttpMethod.Get, $"/v1/admin/orders/{order.Id}", null, new(world.Staff));
        if (answer.Status != 200)
        {
            history.Violate(Promise.Answers, $"{order.Id} was answered to staff with {answer}");
            return;
        }
        var shown = answer.Body.GetProperty("order");
        var changes = answer.Body.GetProperty("changes").EnumerateArray().Select(c => (c.GetProperty("from").GetString()!, c.GetProperty("to").GetString()!)).ToList();
        if (Diagram.Wrong(changes, shown.GetProperty("status").GetString()!, shown.GetProperty("fulfilmentStatus").GetString()!) is { } wrong)
            history.Violate(Promise.HistoryIsAPath, $"{order.Id}: {wrong}");
    });

    /// <summary>What can be sold is what there was, with the adjustments that staff were told of, without what open orders hold: whether shipped or not.</summary>
    async Task<long> StockIsAsToldAsync(History history)
    {
        if (history.Orders.Count > OrdersMax) return 0;   // whether each is still open is asked order by order
        var held = new Dictionary<string, int>();
        await EachAsync([.. history.Orders.Values], async order =>
        {
            var answer = await world.Shop.AskAsync("check order", HttpMethod.Get, $"/v1/orders/{order.Id}", null, order.Caller);
            if (answer.Status != 200 || answer.Text("status") is not ("placed" or "paid")) return;
            lock (held) foreach (var (variant, quantity) in order.Lines.SelectMany(l => world.UnitsOf(l.Variant, l.Quantity))) held[variant] = held.GetValueOrDefault(variant) + quantity;
        });
        return await EachAsync(world.Variants, async variant =>
        {
            var answer = await world.Shop.AskAsync("check stock", HttpMethod.Get, $"/v1/admin/stock/{variant}", null, new(world.Staff));
            if (answer.Status != 200)
            {
                history.Violate(Promise.Answers, $"the stock of {variant} was answered with {answer}");
                return;
            }
            var (before, available) = (world.Before[variant], answer.Body.GetProperty("available").GetInt32());
            // Where safety stock is kept, staff may take units of it: then nothing is available.
            var expected = Math.Max(0, before.Available + history.Adjustments.Values.Where(a => a.Variant == variant).Sum(a => a.Delta) - held.GetValueOrDefault(variant));
            if (available != expected) history.Violate(Promise.StockIsAsTold, FormattableString.Invariant($"{variant} has {available} available; told were {expected}"));
        });
    }

    async Task<long> WorkIsDoneAsync(History history)
    {
        var answer = await world.Shop.AskAsync("check dead jobs", HttpMethod.Get, "/v1/admin/dead-jobs", null, new(world.Staff));
        foreach (var dead in answer.Body.GetProperty("items").EnumerateArray()) history.Violate(Promise.WorkIsDone, $"a job failed for good: {dead}");
        return 1;
    }

    static List<AcceptedOrder> Some(History history)
    {
        List<AcceptedOrder> all = [.. history.Orders.Values.OrderBy(o => o.Id, StringComparer.Ordinal)];
        if (all.Count <= OrdersMax) return all;
        var step = all.Count / (double)(OrdersMax / 2);
        return [.. Enumerable.Range(0, OrdersMax / 2).Select(i => all[(int)(i * step)]).Concat(all.TakeLast(OrdersMax / 2)).Distinct()];
    }

    static async Task<long> EachAsync<T>(IReadOnlyCollection<T> all, Func<T, Task> check)
    {
        await Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (one, _) => await check(one));
        return all.Count;
    }
}
