using System.Diagnostics;
using Souk.Prove.Actors;
using Souk.Prove.Checks;
using Souk.Prove.Deployments;
using Souk.Prove.Faults;
using Souk.Prove.Traffic;

namespace Souk.Prove;

/// <param name="Checked">How many things each check looked at.</param>
/// <param name="Took">How long actors acted.</param>
internal sealed record Outcome(ProveOptions Options, History History, Traffic.Shop Shop, IReadOnlyList<Fault> Faults, IReadOnlyList<(Check Check, long Looked)> Checked, TimeSpan Took,
    IReadOnlyList<string> Failures)
{
    public int Kills => Faults.Where(f => f.IsKill).Sum(f => f.Times);
}

/// <summary>One proof from the start of the shop to its last check.</summary>
internal sealed class Run(ProveOptions options, Action<string> tell)
{
    /// <summary>How long the shop may take to come to rest.</summary>
    static readonly TimeSpan SettleMax = TimeSpan.FromMinutes(4);

    /// <summary>Members who use their wallets.</summary>
    const int WalletUsers = 4;

    /// <summary>Orders that nobody paid expire at once, and jobs that wait for another try have it.</summary>
    const int AheadAtTheEnd = 120, FarAheadAtTheEnd = 3_600;

    readonly History history = new();
    readonly Disturbances disturbances = new();
    long deadlocks, deadlocksBefore;

    public async Task<Outcome> RunAsync(CancellationToken cancel)
    {
        using var shop = new Traffic.Shop(history, disturbances);
        await using var own = options.Urls.Count == 0 ? await Deployment.StartAsync(options, tell) : null;
        if (own is null) shop.Nodes = options.Urls;
        else own.Announce(shop);
        var database = own?.Server.ConnectionString ?? options.Database;
        await using var db = database is null ? null
            : NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database) { ApplicationName = ConnectionFaults.Application, MaxPoolSize = 8 }.ConnectionString);
        List<Fault> faults = [.. ProcessFaults.Of(own, shop).Concat(ConnectionFaults.Of(database))];
        if (options.Faults?.Except(faults.Select(f => f.Name)).FirstOrDefault() is { } unknown)
            throw new ProveException($"There is no fault '{unknown}'. Faults: {string.Join(", ", faults.Select(f => f.Name))}.");
        faults = [.. faults.Select(f => f.NotRun is null && options.Faults?.Contains(f.Name) == false ? f with { NotRun = "left out by --faults" } : f)];

        var world = await Opening.MakeWorldAsync(shop, history, own?.Staff ?? (options.StaffEmail!, options.StaffPassword!), own is not null);
        var inboxes = new Inboxes(shop, world.Members);
        await inboxes.RememberAsync();
        tell($"seed {options.Seed}: {options.Buyers} buyers, {string.Join(", ", faults.Where(f => f.NotRun is null).Select(f => f.Name).DefaultIfEmpty("no faults"))}");

        var watch = Stopwatch.StartNew();
        await ActAsync(world, faults, own, db, watch, cancel);
        var took = watch.Elapsed;
        tell("everybody has ended; the shop comes to rest");
        await SettleAsync(own, db);

        var results = new List<(Check, long)>();
        var rows = db is null ? null : new RowChecks(db, world, () => deadlocks, () => own?.DeadlocksLogged() ?? "its log says between which statements");
        foreach (var check in new ApiChecks(world, inboxes).All.Concat(rows?.All ?? []))
            results.Add((check, await check.RunAsync(history)));
        return new(options, history, shop, faults, results, took, [.. own?.Failures ?? []]);
    }

    async Task ActAsync(World world, IReadOnlyList<Fault> faults, Deployment? own, NpgsqlDataSource? db, Stopwatch watch, CancellationToken cancel)
    {
        using var stopFaults = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var stopActors = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        stopFaults.CancelAfter(options.Time);
        List<Actor> actors = [.. Enumerable.Range(0, options.Buyers).Select(n => new Buyer(world, $"buyer {n}", n % 2 == 0 ? null : world.Members[n / 2 % world.Members.Count])),
            new Stockkeeper(world, "stockkeeper 1"), new Stockkeeper(world, "stockkeeper 2"), new Packer(world, "packer 1"), new Packer(world, "packer 2"),
            .. world.Members.Take(WalletUsers).Select((member, n) => new WalletUser(world, $"wallet user {n}", member))];
        var acting = actors.ConvertAll(actor => Task.Run(() => actor.RunAsync(options, stopActors.Token), CancellationToken.None));
        var watching = Task.Run(() => WatchAsync(world.Shop, own, db, faults, watch, stopActors.Token), CancellationToken.None);
        await new FaultSchedule(faults, options, disturbances, tell).RunAsync(stopFaults.Token);
        if (!faults.Any(f => f.NotRun is null)) await Task.Delay(options.Time, cancel).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        await stopActors.CancelAsync();
        await Task.WhenAll(acting);
        await watching;
        cancel.ThrowIfCancellationRequested();
    }

    /// <summary>Tells how it goes, and sees what ends unasked.</summary>
    async Task WatchAsync(Traffic.Shop shop, Deployment? own, NpgsqlDataSource? db, IReadOnlyList<Fault> faults, Stopwatch watch, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (var second = 1; !stop.IsCancellationRequested; second++)
        {
            try { await timer.WaitForNextTickAsync(stop); }
            catch (OperationCanceledException) { }
            foreach (var node in own?.Nodes ?? [])
                if (node.EndedUnasked is { } said)
                {
                    history.Violate(Promise.NothingUnasked, $"{node.Name} ended unasked: {string.Join(" | ", said.TakeLast(5))}");
                    await node.KillAsync();
                    await node.StartAsync();
                    own!.Announce(shop);
                }
            if (db is not null) await LookAsync(db);
            if (second % 15 == 0)
                tell(FormattableString.Invariant($"{watch.Elapsed.TotalSeconds:0} s: {shop.Operations} operations, {history.Orders.Count} orders, ")
                    + FormattableString.Invariant($"{faults.Where(f => f.IsKill).Sum(f => f.Times)} kills, {history.Violations.Values.Sum()} breaches"));
        }
    }

    /// <summary>What could be made good before the end is looked for all the time.</summary>
    async Task LookAsync(NpgsqlDataSource db)
    {
        try
        {
            await using var stock = db.CreateCommand(RowSql.Oversold);
            await using (var reader = await stock.ExecuteReaderAsync())
                while (await reader.ReadAsync()) history.Violate(Promise.StockAddsUp, reader.GetString(0));
            await using var command = db.CreateCommand(RowSql.Deadlocks);
            var counted = (long)(await command.ExecuteScalarAsync())!;
            if (counted > deadlocksBefore) deadlocks += counted - deadlocksBefore;
            deadlocksBefore = counted;
        }
        catch (NpgsqlException)
        {
            // Away, on purpose: it is asked again in a second.
        }
    }

    /// <summary>Returns when every event was told, every job done and no unpaid order is left; the checks find what never came to rest.</summary>
    async Task SettleAsync(Deployment? own, NpgsqlDataSource? db)
    {
        foreach (var node in own?.Nodes ?? []) await node.ShiftAsync(AheadAtTheEnd);
        var (watch, isFar) = (Stopwatch.StartNew(), false);
        while (db is not null && watch.Elapsed < SettleMax)
        {
            await Task.Delay(500);
            await LookAsync(db);
            await using var command = db.CreateCommand(RowSql.Unsettled);
            if ((long)(await command.ExecuteScalarAsync())! == 0) return;
            if (isFar || watch.Elapsed < SettleMax / 4) continue;
            isFar = true;
            foreach (var node in own?.Nodes ?? []) await node.ShiftAsync(FarAheadAtTheEnd);
        }
        // Without a database nobody tells when everything is told: two minutes are the hold time of our own shop and more than any lag.
        if (db is null) await Task.Delay(TimeSpan.FromSeconds(AheadAtTheEnd));
    }
}
