using System.Globalization;
using Souk.Contracts;
using Souk.Platform.Ids;
using Souk.Prove.Actors;
using Souk.Prove.Traffic;

namespace Souk.Prove.Checks;

/// <summary>What only the rows of the database show: all orders, and what no client is told.</summary>
internal sealed class RowChecks(NpgsqlDataSource db, World world, Func<long> deadlocks, Func<string> deadlocksLogged)
{
    const int RowsMax = 25;

    public IEnumerable<Check> All =>
    [
        new(Promise.AcceptedIsKept, "rows", AcceptedIsKeptAsync),
        new(Promise.RefusedIsNothing, "rows", RefusedIsNothingAsync),
        new(Promise.OneEffect, "rows", OneEffectAsync),
        new(Promise.StockAddsUp, "rows", history => NoneAsync(history, Promise.StockAddsUp, RowSql.StockThatDoesNotAddUp, RowSql.CountStock)),
        new(Promise.StockIsPromised, "rows", StockIsPromisedAsync),
        new(Promise.StockIsAsTold, "rows", StockIsAsToldAsync),
        new(Promise.ChargedOnce, "rows", history => NoneAsync(history, Promise.ChargedOnce, RowSql.ChargedTwiceOrForNothing, RowSql.CountCharges)),
        new(Promise.PaidIsCaptured, "rows", history => NoneAsync(history, Promise.PaidIsCaptured, RowSql.PaidWithoutMoney, RowSql.CountOrders)),
        new(Promise.HistoryIsAPath, "rows", HistoryIsAPathAsync),
        new(Promise.EndedOnce, "rows", history => NoneAsync(history, Promise.EndedOnce, RowSql.EndedNotOnce, RowSql.CountOrders)),
        new(Promise.EventsAreTold, "rows", history => NoneAsync(history, Promise.EventsAreTold, RowSql.EventsMissing, RowSql.CountEvents)),
        new(Promise.InboxIsWhole, "rows", history => NoneAsync(history, Promise.InboxIsWhole, RowSql.InboxNotWhole, RowSql.CountMessages)),
        new(Promise.WorkIsDone, "rows", history => NoneAsync(history, Promise.WorkIsDone, RowSql.WorkLeft, RowSql.CountEvents)),
        new(Promise.LedgerBalances, "rows", LedgerBalancesAsync),
        new(Promise.NoDeadlock, "rows", NoDeadlockAsync),
    ];

    async Task<long> AcceptedIsKeptAsync(History history)
    {
        var rows = new Dictionary<string, (string Content, string Status, string Fulfilment)>();
        await foreach (var row in ReadAsync(RowSql.Orders))
            rows.Add(Printed<OrderKind>(row.GetGuid(0)), (AcceptedOrder.ContentOf(row.GetString(1), Lines(row.GetString(2)), row.GetInt64(3)), row.GetString(4), row.GetString(5)));
        foreach (var order in history.Orders.Values)
        {
            if (!rows.TryGetValue(order.Id, out var row)) history.Violate(Promise.AcceptedIsKept, $"{order.Id} was accepted and is not there");
            else if (row.Content != order.Content) history.Violate(Promise.AcceptedIsKept, $"{order.Id} was accepted as {order.Content} and is {row.Content}");
            else if ((order.WasPaid && row.Status != "paid") || (order.WasCancelled && row.Status != "cancelled"))
                history.Violate(Promise.AcceptedIsKept, $"{order.Id} was told to be {(order.WasPaid ? "paid" : "cancelled")} and is {row.Status}");
        }
        return history.Orders.Count;
    }

    async Task<long> RefusedIsNothingAsync(History history)
    {
        var refused = history.RefusedKeys.ToArray();
        await foreach (var row in ReadAsync(RowSql.OrdersOfKeys, (object)refused))
            history.Violate(Promise.RefusedIsNothing, $"{Printed<OrderKind>(row.GetGuid(0))} was refused under its key {row.GetString(1)}");
        return refused.Length;
    }

    async Task<long> OneEffectAsync(History history)
    {
        await NoneAsync(history, Promise.OneEffect, RowSql.KeysWithTwoEffects, RowSql.CountOrders);
        var ids = history.Keys.ToDictionary(k => k.Key, k => k.Value);
        await foreach (var row in ReadAsync(RowSql.OrdersOfKeys, (object)ids.Keys.ToArray()))
            if (Printed<OrderKind>(row.GetGuid(0)) is var made && made != ids[row.GetString(1)])
                history.Violate(Promise.OneEffect, $"the key {row.GetString(1)} made {made} and was answered with {ids[row.GetString(1)]}");
        return ids.Count;
    }

    /// <summary>Orders that left the shelf hold nothing any more.</summary>
    async Task<long> StockIsPromisedAsync(History history)
    {
        var promised = new Dictionary<string, long>();
        await foreach (var row in ReadAsync(RowSql.Promised)) promised[row.GetString(0)] = row.GetInt64(1);
        var looked = 0;
        await foreach (var row in ReadAsync("SELECT variant_id, reserved::bigint FROM ordering.stock"))
        {
            var (variant, reserved) = (Printed<VariantKind>(row.GetGuid(0)), row.GetInt64(1));
            looked++;
            if (reserved != promised.GetValueOrDefault(variant))
                history.Violate(Promise.StockIsPromised, string.Create(CultureInfo.InvariantCulture, $"{variant} has {reserved} reserved, and open orders and carts hold {promised.GetValueOrDefault(variant)}"));
        }
        return looked;
    }

    async Task<long> StockIsAsToldAsync(History history)
    {
        var moved = new Dictionary<string, long>();
        await foreach (var row in ReadAsync(RowSql.MovedByHand)) moved[Printed<VariantKind>(row.GetGuid(0))] = row.GetInt64(1);
        var told = history.Adjustments.Values.GroupBy(a => a.Variant).ToDictionary(a => a.Key, a => a.Sum(one => (long)one.Delta));
        foreach (var variant in world.Variants)
            if (moved.GetValueOrDefault(variant) - told.GetValueOrDefault(variant) != world.Before[variant].OnHand)
                history.Violate(Promise.StockIsAsTold, string.Create(CultureInfo.InvariantCulture,
                    $"{variant} was moved by {moved.GetValueOrDefault(variant)}; {world.Before[variant].OnHand} lay there and staff were told of {told.GetValueOrDefault(variant)}"));
        return history.Adjustments.Count;
    }

    async Task<long> HistoryIsAPathAsync(History history)
    {
        var looked = 0L;
        await foreach (var row in ReadAsync(RowSql.Histories))
        {
            looked++;
            var (from, to) = (row.GetFieldValue<string[]>(4), row.GetFieldValue<string[]>(5));
            if (Diagram.Wrong([.. from.Zip(to)], row.GetString(1), row.GetString(2)) is { } wrong) history.Violate(Promise.HistoryIsAPath, $"{Printed<OrderKind>(row.GetGuid(0))}: {wrong}");
            if (row.GetInt32(3) != from.Length + 1) history.Violate(Promise.HistoryIsAPath, $"{Printed<OrderKind>(row.GetGuid(0))} has version {row.GetInt32(3)} and {from.Length} changes");
        }
        return looked;
    }

    async Task<long> LedgerBalancesAsync(History history)
    {
        await foreach (var row in ReadAsync("SELECT to_regclass('ledger.transfers') IS NOT NULL AND to_regclass('ledger.accounts') IS NOT NULL"))
            if (!row.GetBoolean(0)) return 0;   // a release without a ledger
        return await NoneAsync(history, Promise.LedgerBalances, RowSql.LedgerOutOfBalance, "SELECT count(*) FROM ledger.transfers");
    }

    Task<long> NoDeadlockAsync(History history)
    {
        if (deadlocks() is > 0 and var times)
            history.Violate(Promise.NoDeadlock, string.Create(CultureInfo.InvariantCulture, $"PostgreSQL broke {times} deadlocks: {deadlocksLogged()}"));
        return Task.FromResult(1L);
    }

    /// <summary>Each row that the statement finds is a breach, told by its one text.</summary>
    async Task<long> NoneAsync(History history, Promise promise, string sql, string count)
    {
        var found = 0;
        await foreach (var row in ReadAsync(sql))
            if (found++ < RowsMax) history.Violate(promise, row.GetString(0));
        await foreach (var row in ReadAsync(count)) return row.GetInt64(0);
        return 0;
    }

    async IAsyncEnumerable<NpgsqlDataReader> ReadAsync(string sql, params object[] args)
    {
        await using var connection = await db.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 600 };
        foreach (var arg in args) command.Parameters.Add(new() { Value = arg });
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) yield return reader;
    }

    static string Printed<TKind>(Guid id) where TKind : IIdKind => new Id<TKind>(id).ToString();

    static IEnumerable<(string Variant, int Quantity)> Lines(string json) =>
        JsonElement.Parse(json).EnumerateArray().Select(l => (l.GetProperty("variantId").GetString()!, l.GetProperty("quantity").GetInt32()));
}
