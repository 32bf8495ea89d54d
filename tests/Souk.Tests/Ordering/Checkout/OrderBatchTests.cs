using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Souk.Contracts;
using Souk.Ordering.Checkout;
using Souk.Ordering.Inventory;
using Souk.Ordering.Orders;

using Souk.Platform.Idempotency;
using Souk.Platform.Ids;
using Souk.Tests.Identity;
using Placed = Souk.Platform.Data.Pending<Souk.Ordering.Checkout.Placement, Souk.Platform.Errors.Result<Souk.Ordering.Orders.StoredOrder>>;

namespace Souk.Tests.Ordering.Checkout;

public sealed class OrderBatchTogetherTests(OrderingShop shop) : OrderBatchTests(shop), IClassFixture<OrderingShop>;

/// <summary>The same answers where each variant has statements of its own.</summary>
public sealed class OrderBatchOneByOneTests(OneByOneShop shop) : OrderBatchTests(shop), IClassFixture<OneByOneShop>;

public sealed class OneByOneShop(TestPostgres postgres) : OrderingShop(postgres)
{
    protected override void Configure(WebApplicationBuilder builder) => builder.Configuration["Ordering:StockStatements"] = ChangeStock.OneByOne;
}

public abstract class OrderBatchTests(OrderingShop shop)
{
    OrderBatch Batch => shop.App.Services.GetRequiredService<OrderBatch>();

    [Fact]
    public async Task Orders_together_are_accepted_in_the_order_they_came_until_the_stock_is_gone()
    {
        var variant = await shop.NewVariantAsync(10);
        var orders = await RunAsync([.. Enumerable.Range(0, 30).Select(_ => Draft(variant, 1))]);

        for (var i = 0; i < orders.Count; i++) Assert.Equal(i < 10 ? null : "insufficient_stock", await CodeAsync(orders[i]));
        Assert.Equal((10, 10, 0), await shop.StockAsync(variant));
        // A large one that cannot be met leaves what is there to the small ones behind it.
        var other = await shop.NewVariantAsync(3);
        orders = await RunAsync([Draft(other, 2), Draft(other, 2), Draft(other, 1)]);
        Assert.Equal([null, "insufficient_stock", null], await Task.WhenAll(orders.Select(CodeAsync)));
        Assert.Equal((3, 3, 0), await shop.StockAsync(other));
    }

    [Fact]
    public async Task One_with_broken_data_fails_alone()
    {
        var variant = await shop.NewVariantAsync(10);
        var broken = Draft(variant, 1);
        broken = broken with { Order = broken.Order with { Total = broken.Order.Total + 1 } };
        var orders = await RunAsync([Draft(variant, 1), broken, Draft(variant, 1)]);

        Assert.Equal((null, null), (await CodeAsync(orders[0]), await CodeAsync(orders[2])));
        Assert.Equal("orders_add_up", (await Assert.ThrowsAsync<PostgresException>(() => orders[1].Answer)).ConstraintName);
        Assert.Equal((10, 2, 8), await shop.StockAsync(variant));
    }

    [Fact]
    public async Task A_key_twice_is_one_order_whether_together_or_after_one_another()
    {
        var variant = await shop.NewVariantAsync(10);
        var (draft, key) = (Draft(variant, 1), OrderingShop.NewKey());
        var twin = Draft(variant, 1) with { Key = key };
        draft = draft with { Key = key };
        twin = twin with { Order = twin.Order with { CustomerId = draft.Order.CustomerId } };

        var orders = await RunAsync([draft, twin, Draft(variant, 1)]);
        Assert.Equal([null, IdempotencyKey.InProgress.Code, null], await Task.WhenAll(orders.Select(CodeAsync)));
        // As after a connection that was lost behind the commit: nothing is written again.
        Assert.Equal(IdempotencyKey.InProgress.Code, await CodeAsync((await RunAsync([draft]))[0]));
        Assert.Equal((10, 2, 8), await shop.StockAsync(variant));
    }

    [Fact]
    public async Task What_others_hold_stops_only_the_orders_that_need_it()
    {
        var (held, free) = (await shop.NewVariantAsync(10), await shop.NewVariantAsync(20));
        await using var connection = await shop.Db.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("SELECT 1 FROM ordering.stock WHERE variant_id = $1 FOR UPDATE", connection) { Parameters = { new() { Value = Uuid(held) } } })
            await command.ExecuteNonQueryAsync();

        var orders = Start([Draft(held, 1), .. Enumerable.Range(0, 20).Select(_ => Draft(free, 1))]);
        await Task.WhenAll(orders.Skip(1).Select(o => o.Answer));
        Assert.False(orders[0].Answer.IsCompleted);
        Assert.Equal((20, 20, 0), await shop.StockAsync(free));

        await transaction.CommitAsync();
        Assert.Null(await CodeAsync(orders[0]));
        Assert.Equal((10, 1, 9), await shop.StockAsync(held));
    }

    [Fact]
    public async Task A_key_that_is_on_its_way_elsewhere_stops_only_its_own_order()
    {
        var (elsewhere, free) = (await shop.NewVariantAsync(10), await shop.NewVariantAsync(20));
        var draft = Draft(elsewhere, 1);
        var now = shop.Clock.GetUtcNow();
        await using var rival = await shop.App.Services.GetRequiredService<IOrderStore>().LockAsync([draft], [], skipLocked: false);

        var orders = Start([draft with { Order = draft.Order with { Id = Id<OrderKind>.New(shop.Clock), Number = NewNumber() } }, .. Enumerable.Range(0, 20).Select(_ => Draft(free, 1))]);
        Assert.All(await Task.WhenAll(orders.Skip(1).Select(CodeAsync)), Assert.Null);
        Assert.False(orders[0].Answer.IsCompleted);

        await rival.WriteAsync([draft], now);
        await rival.CommitAsync();
        Assert.Equal(IdempotencyKey.InProgress.Code, await CodeAsync(orders[0]));
        Assert.Equal((10, 1, 9), await shop.StockAsync(elsewhere));
    }

    [Fact]
    public async Task A_key_that_stays_on_its_way_is_answered_when_the_wait_is_over()
    {
        var draft = Draft(await shop.NewVariantAsync(10), 1);
        await using var rival = await shop.App.Services.GetRequiredService<IOrderStore>().LockAsync([draft], [], skipLocked: false);
        Assert.Equal(IdempotencyKey.InProgress.Code, await CodeAsync((await RunAsync([draft]))[0]));
    }

    [Fact]
    public async Task A_connection_that_is_cut_while_it_writes_loses_and_doubles_nothing()
    {
        var (variant, key) = (await shop.NewVariantAsync(10), OrderingShop.NewKey());
        await using var connection = await shop.Db.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("SELECT 1 FROM ordering.stock WHERE variant_id = $1 FOR UPDATE", connection) { Parameters = { new() { Value = Uuid(variant) } } })
            await command.ExecuteNonQueryAsync();

        var placing = shop.PlaceAsync(OrderingShop.OrderOf(variant), key);
        await Answers.Eventually(() => shop.ScalarAsync<bool>("""
            SELECT coalesce(bool_or(pg_terminate_backend(pid)), false) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%ordering.stock%'
            """), "an order that waits is cut off");
        await transaction.CommitAsync();

        // It is written after all, or its customer is told to ask again with the same key.
        var answer = await placing;
        if (answer.StatusCode != HttpStatusCode.Created)
        {
            await answer.Problem(HttpStatusCode.ServiceUnavailable, "temporarily_unavailable");
            await shop.PlacedAsync(OrderingShop.OrderOf(variant), key);
        }
        Assert.Equal((10, 1, 9), await shop.StockAsync(variant));
    }

    [Fact]
    public async Task Carts_that_are_bought_at_once_are_each_bought_once()
    {
        var variant = await shop.NewVariantAsync(100);
        var carts = await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            using var made = await shop.PostAsync("/v1/carts", new { lines = new[] { new { variantId = variant, quantity = 2 } } }, null);
            var cart = await made.Body();
            return (Id: cart.Text("id"), Token: cart.Text("cartToken"));
        }));

        var answers = await Task.WhenAll(carts.SelectMany(cart => Enumerable.Range(0, 3).Select(_ =>
            shop.PlaceAsync(new { cartId = cart.Id, email = "guest@example.com" }, cartToken: cart.Token))));
        Assert.Equal(10, answers.Count(a => a.StatusCode == HttpStatusCode.Created));
        foreach (var no in answers.Where(a => a.StatusCode != HttpStatusCode.Created)) Assert.Contains(await no.Code(), (string[])["cart_changed", "cart_ordered"]);
        Assert.Equal((100, 20, 80), await shop.StockAsync(variant));
    }

    List<Placed> Start(IReadOnlyList<Placement> placements)
    {
        var placed = placements.Select(p => new Placed(p)).ToList();
        _ = Batch.RunAsync(placed);
        return placed;
    }

    /// <summary>One batch, answered whole.</summary>
    async Task<List<Placed>> RunAsync(IReadOnlyList<Placement> placements)
    {
        var placed = Start(placements);
        await Task.WhenAny(Task.WhenAll(placed.Select(p => p.Answer)));
        return placed;
    }

    /// <summary>The code of the refusal, or null for an order.</summary>
    static async Task<string?> CodeAsync(Placed placed) => (await placed.Answer).Refused(out var error, out _) ? error.Code : null;

    Placement Draft(string variant, int quantity)
    {
        var now = shop.Clock.GetUtcNow();
        Assert.True(Id<VariantKind>.TryRead(variant, out var id));
        return new(new(Guid.NewGuid(), Id<OrderKind>.New(shop.Clock), NewNumber(), new byte[32], [new(id, "SKU", "Thing", quantity, 1000, 1000 * quantity)], "USD",
            1000 * quantity, 0, 0, 0, 1000 * quantity, null, null, null, null, now, now.AddMinutes(15), OrderStatus.Placed, null, null, null, 1), null, OrderingShop.NewKey());
    }

    static string NewNumber() => $"{Guid.NewGuid():N}"[..8].ToUpperInvariant().Insert(4, "-");

    static Guid Uuid(string variant) => Id<VariantKind>.TryRead(variant, out var id) ? id.Value : throw new ArgumentException(variant);
}
