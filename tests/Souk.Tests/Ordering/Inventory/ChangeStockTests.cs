using Souk.Contracts;
using Souk.Ordering;
using Souk.Ordering.Inventory;
using Souk.Platform.Data;
using Souk.Platform.Ids;

namespace Souk.Tests.Ordering.Inventory;

public sealed class ChangeStockTests(TestShop shop) : IClassFixture<TestShop>
{
    const int Variants = 6, Steps = 300;

    /// <summary>What may be changed at once; the last was never stocked.</summary>
    static readonly IReadOnlyList<int> All = [.. Enumerable.Range(0, Variants + 1)];

    /// <summary>Two shops of the same variants, one for each form: whatever is done to both, they stay alike, refusals and events too.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Both_forms_of_the_statements_come_to_the_same(int seed)
    {
        var random = new Random(seed);
        var (together, oneByOne) = (await ShelfAsync(), await ShelfAsync());
        var refusals = new HashSet<string>();
        for (var step = 0; step < Steps; step++)
        {
            var chosen = random.GetItems([.. All], random.Next(1, 4)).Distinct().Where(v => v < Variants || random.Next(4) == 0).ToList();
            var changes = chosen.ConvertAll(v => (Variant: v, OnHand: random.Next(3) == 0 ? random.Next(-4, 9) : 0, Reserved: random.Next(-3, 4)));
            if (changes.Count == 0) continue;
            var refused = await ChangeAsync(together, ChangeStock.Together, changes);
            var also = await ChangeAsync(oneByOne, ChangeStock.OneByOne, changes);
            // Of several things that are wrong, either form may come to another one first.
            if (changes is [(_, 0, _)]) Assert.Equal(refused, also);
            else Assert.Equal(refused is null, also is null);
            refusals.Add(refused ?? "none");
        }
        Assert.Equal(await ToldAsync(together), await ToldAsync(oneByOne));
        Assert.Equal(["none", ChangeStock.NotOversold, ChangeStock.Countable, ChangeStock.WasStocked], refusals.OrderBy(r => r switch
            { "none" => 0, ChangeStock.NotOversold => 1, ChangeStock.Countable => 2, _ => 3 }));
    }

    [Theory]
    [InlineData(ChangeStock.Together)]
    [InlineData(ChangeStock.OneByOne)]
    public async Task Of_many_who_want_the_last_units_so_many_get_them_as_there_are(string statements)
    {
        var shelf = await ShelfAsync();
        Assert.Null(await ChangeAsync(shelf, statements, [(0, 7, 0), (5, 7, 0)]));
        // In either order, as two nodes might ask: rows are locked in one.
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => ChangeAsync(shelf, statements, i % 2 == 0 ? [(0, 0, 1), (5, 0, 1)] : [(5, 0, 1), (0, 0, 1)])));
        Assert.Equal((7, 13), (answers.Count(a => a is null), answers.Count(a => a == ChangeStock.NotOversold)));
    }

    static OrderingOptions Options(string statements) => new(3, TimeSpan.FromMinutes(15), Allocation.PriorityFirst, TimeSpan.FromMinutes(15), 100, statements);

    /// <summary>Ids of variants in order, the last without a row; each of another rule.</summary>
    async Task<Id<VariantKind>[]> ShelfAsync()
    {
        Id<VariantKind>[] ids = [.. Enumerable.Range(0, Variants + 1).Select(_ => Id<VariantKind>.New(shop.Clock)).Order()];
        await shop.Db.ExecuteAsync("""
            INSERT INTO ordering.stock (variant_id, safety_stock, low_stock, backorder_kind, backorder_limit, oversold_max)
            SELECT w.id, CASE WHEN w.n = 2 THEN 2 ELSE 0 END, CASE WHEN w.n = 3 THEN 0 END, CASE WHEN w.n = 4 THEN 'backorder' END, CASE WHEN w.n = 4 THEN 3 ELSE 0 END,
                   CASE WHEN w.n = 4 THEN 3 ELSE 0 END
            FROM unnest($1::uuid[]) WITH ORDINALITY AS w (id, n)
            """, [ids.SkipLast(1).Select(id => id.Value).ToArray()], CancellationToken.None);
        return ids;
    }

    /// <summary>The constraint that refused it; null when it was done.</summary>
    async Task<string?> ChangeAsync(Id<VariantKind>[] shelf, string statements, IReadOnlyList<(int Variant, int OnHand, int Reserved)> changes)
    {
        await using var connection = await shop.Db.OpenConnectionAsync();
        await using var batch = connection.CreateBatch();
        batch.AddStockChanges([.. changes.Select(c => new ChangeStock.Change(shelf[c.Variant], c.OnHand, c.Reserved))], Options(statements), shop.Clock.GetUtcNow());
        try
        {
            await batch.ExecuteNonQueryAsync();
            return null;
        }
        catch (PostgresException no) when (no.ConstraintName is not null)
        {
            connection.ForgetStatements();
            return no.ConstraintName;
        }
    }

    /// <summary>Each row, and each event of it, by the variant's place on the shelf.</summary>
    async Task<List<string>> ToldAsync(Id<VariantKind>[] shelf)
    {
        var told = new List<string>();
        foreach (var (place, id) in shelf.Index())
            told.AddRange(await shop.Db.QueryAsync("""
                SELECT format('%s on hand, %s reserved, %s, version %s', on_hand, reserved, state, state_version) FROM ordering.stock WHERE variant_id = $1
                UNION ALL
                SELECT * FROM (SELECT format('%s %s %s %s', type, version, payload ->> 'state', payload ->> 'onShelf') FROM platform.outbox WHERE aggregate_id = $1
                               AND payload ->> 'variantId' = $2 ORDER BY version, type) AS events
                """, row => $"{place}: {row.GetString(0)}", [id.Value, id.ToString()], CancellationToken.None));
        return told;
    }
}
