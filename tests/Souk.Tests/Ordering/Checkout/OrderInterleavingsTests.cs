using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Souk.Ordering.Checkout;
using Souk.Ordering.Orders;
using Souk.Platform.Data;
using Souk.Platform.Errors;
using CartId = Souk.Platform.Ids.Id<Souk.Contracts.CartKind>;
using OrderId = Souk.Platform.Ids.Id<Souk.Contracts.OrderKind>;
using VariantId = Souk.Platform.Ids.Id<Souk.Contracts.VariantKind>;

namespace Souk.Tests.Ordering.Checkout;

/// <summary>
/// The writer of orders as it is, on two nodes over a model of the database, under a scheduler that chooses at every await who goes on: orders, keys sent
/// twice, carts ordered twice and changed, staff who move stock, locks waited for in vain, connections lost before and behind the commit. Whatever order
/// things happen in, the answers must be the effects. <c>SOUK_INTERLEAVINGS=10000</c> explores more; a failure names its seed.
/// </summary>
public sealed class OrderInterleavingsTests
{
    const int SeedsDefault = 75, Nodes = 2, Variants = 3, OrdersMax = 24, Customers = 4, CartsFrom = 1_000, CartsEach = 2;

    static readonly int Seeds = Environment.GetEnvironmentVariable("SOUK_INTERLEAVINGS") is { } many ? int.Parse(many, CultureInfo.InvariantCulture) : SeedsDefault;

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.02)]
    [InlineData(0.15)]
    public void Answers_are_effects_in_every_interleaving(double lossChance)
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var run = new Interleaving(seed, lossChance);
            try
            {
                run.Explore();
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"Seed {seed} with losses {lossChance}: {failure.Message}", failure);
            }
        }
    }

    [Fact]
    public void A_seed_is_the_same_run_to_the_last_step()
    {
        var (one, other) = (new Interleaving(7, 0.05), new Interleaving(7, 0.05));
        one.Explore();
        other.Explore();
        Assert.Equal(one.Story, other.Story);
    }

    sealed record Request(Placement Placement, int Asked)
    {
        public int Answered { get; set; }
        public Result<StoredOrder>? Answer { get; set; }

        /// <summary>Told that nobody knows.</summary>
        public bool Failed { get; set; }
        public string? Code => Answer is { } answer && answer.Refused(out var error, out _) ? error.Code : null;
        public OrderId? Accepted => Answer is { } answer && !answer.Refused(out _, out var order) ? order!.Id : null;
        public bool IsAccepted => Answer is { } answer && !answer.Refused(out _, out _);
    }

    sealed class Interleaving
    {
        readonly SeededScheduler steps;
        readonly ModelDatabase database;
        readonly List<Request> requests = [];
        readonly NaturalBatches<Placement, Result<StoredOrder>>[] nodes;
        readonly VariantId[] variants;
        int made, onHand;

        public Interleaving(int seed, double lossChance)
        {
            steps = new(seed);
            database = new(steps, lossChance);
            nodes = [.. Enumerable.Range(0, Nodes).Select(_ => new NaturalBatches<Placement, Result<StoredOrder>>(
                new OrderBatch(database, steps.Clock, NullLogger<OrderBatch>.Instance).RunAsync, lanes: 1, itemsMax: 8, waitingMax: 100,
                turns: new(atOnce: 1)))];
            variants = [.. Enumerable.Range(1, Variants).Select(n => new VariantId(Numbered(n)))];
        }

        /// <summary>What everybody was told, and when.</summary>
        public string Story => string.Join('\n', requests.Select(r => $"{r.Placement.Order.Number} {r.Asked}-{r.Answered} {(r.Failed ? "unknown" : r.Code ?? "accepted")}")) + $"\n{steps.Now} steps";

        public void Explore()
        {
            foreach (var variant in variants) Move(variant, 4 + steps.Next(8));
            for (var cart = 0; cart < Customers * CartsEach; cart++) database.Carts[Numbered(CartsFrom + cart)] = (1, false);
            steps.Run(async () =>
            {
                await Task.WhenAll(Enumerable.Range(0, OrdersMax).Select(async _ => await AskAsync(NewPlacement())).Append(StaffAsync()).Append(EditAsync()));
                // Who was told that nobody knows, or that the first request still runs, asks again with the same key, until the shop can say.
                database.IsCalm = true;
                foreach (var open in requests.Where(r => r.Failed || r.Code == "idempotency_in_progress").ToList())
                    if (!database.Orders.ContainsKey((open.Placement.Order.CustomerId, open.Placement.Key)))
                        await AskAsync(open.Placement with { Order = open.Placement.Order with { Id = new(Numbered(++made)) } });
            });
            Check();
        }

        Placement NewPlacement()
        {
            var id = new OrderId(Numbered(++made));
            // Few customers with few keys and carts, so that they meet.
            var (who, key) = (steps.Next(Customers), $"key-{(steps.Chance(0.3) ? steps.Next(4) : 100 + made)}");
            var lines = variants.Where(_ => steps.Chance(0.5)).DefaultIfEmpty(variants[0]).Select(v => new StoredOrder.Line(v, "SKU", "Thing", 1 + steps.Next(3), 1, 1)).ToList();
            (CartId, int)? cart = steps.Chance(0.4) ? (new CartId(Numbered(CartsFrom + who + Customers * steps.Next(CartsEach))), 1) : null;
            return new(new(Numbered(2_000 + who), id, $"no-{made}", [], lines, "USD", 0, 0, 0, 0, 0, null, null, null, null, default, default, OrderStatus.Placed, null, null, null, 1), cart, key);
        }

        async Task AskAsync(Placement placement)
        {
            for (var pause = steps.Next(6); pause > 0; pause--) await steps.YieldAsync();
            var request = new Request(placement, steps.Now);
            requests.Add(request);
            try
            {
                request.Answer = await nodes[steps.Next(Nodes)].TryAdd(placement)!;
                // As the request does that was refused: its key may have an order all the same.
                if (request.Code is null) return;
                await steps.YieldAsync();
                if (database.Orders.TryGetValue((placement.Order.CustomerId, placement.Key), out var known)) request.Answer = known.Order;
            }
            catch (NpgsqlException)
            {
                request.Failed = true;
            }
            finally
            {
                request.Answered = steps.Now;
            }
        }

        async Task StaffAsync()
        {
            for (var times = 0; times < 8; times++)
            {
                var changes = variants.Where(_ => steps.Chance(0.6)).Select(v => (v, OnHand: steps.Next(7) - 3, 0)).ToList();
                if (await database.ChangeStockAsync(changes)) onHand += changes.Sum(c => c.OnHand);
                for (var pause = steps.Next(30); pause > 0; pause--) await steps.YieldAsync();
            }
        }

        async Task EditAsync()
        {
            for (var times = 0; times < 3; times++)
            {
                for (var pause = steps.Next(40); pause > 0; pause--) await steps.YieldAsync();
                await database.ChangeCartAsync(Numbered(CartsFrom + steps.Next(Customers * CartsEach)));
            }
        }

        void Move(VariantId variant, int units)
        {
            database.Set(variant, units, 0);
            onHand += units;
        }

        void Check()
        {
            Assert.Equal(onHand, database.Stock.Values.Sum(s => s.OnHand));
            foreach (var variant in variants)
                Assert.Equal(database.Orders.Values.SelectMany(o => o.Order.Lines).Where(l => l.VariantId == variant).Sum(l => l.Quantity), database.Stock[variant].Reserved);
            foreach (var cart in database.Orders.Values.Where(o => o.Cart is not null).GroupBy(o => o.Cart!.Value.Id)) Assert.Single(cart);

            foreach (var request in requests)
            {
                var (placement, known) = (request.Placement, database.Orders.GetValueOrDefault((request.Placement.Order.CustomerId, request.Placement.Key)));
                var isWritten = known?.Order.Id == placement.Order.Id;
                Assert.True(request.Answer is not null || request.Failed, $"{placement.Order.Number} was never answered.");
                if (request.IsAccepted) Assert.True(known is not null && request.Accepted == known.Order.Id, $"{placement.Order.Number} was accepted and is not there.");
                else if (!request.Failed) Assert.False(isWritten, $"{placement.Order.Number} was refused with {request.Code} and is there.");
                switch (request.Code)
                {
                    case "insufficient_stock":
                        Assert.True(placement.Order.Lines.Any(l => WasShort(l.VariantId, l.Quantity, request)),
                            $"{placement.Order.Number} was refused though there was enough of everything all the time.");
                        break;
                    case "cart_changed":
                        Assert.True(database.Carts[placement.Cart!.Value.Id.Value] != (1, false), $"The cart of {placement.Order.Number} was not changed.");
                        break;
                    case "idempotency_in_progress":
                        Assert.True(requests.Any(r => r != request && (r.Placement.Order.CustomerId, r.Placement.Key) == (placement.Order.CustomerId, placement.Key)),
                            $"Nobody else sent the key of {placement.Order.Number}.");
                        break;
                    case { } other:
                        Assert.Fail($"{placement.Order.Number} was refused with {other}.");
                        break;
                }
            }
        }

        /// <summary>At some moment between question and answer there was too little.</summary>
        bool WasShort(VariantId variant, int quantity, Request request)
        {
            var changes = database.Availability.Where(a => a.Variant == variant).ToList();
            return changes.Where((change, i) => change.Available < quantity && change.Step <= request.Answered && (i + 1 == changes.Count || changes[i + 1].Step >= request.Asked)).Any();
        }

        static Guid Numbered(int n) => new(n, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]);
    }
}
