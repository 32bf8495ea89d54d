using System.Net;
using System.Net.Http.Json;
using Souk.Host.Commands;
using Souk.Ordering.Inventory;
using Souk.Platform.Ids;
using Souk.Tests.Identity;
using Souk.Tests.Ordering.Orders;

namespace Souk.Tests.Ordering.Inventory;

public sealed class StockBooksTests(PayingShop shop) : IClassFixture<PayingShop>
{
    static Guid Uuid(string variant) => Id<Souk.Contracts.VariantKind>.TryRead(variant, out var id) ? id.Value : throw new ArgumentException(variant);

    async Task<StockBooks.Books> BooksAsync()
    {
        await using var connection = await shop.Db.OpenConnectionAsync();
        return await StockBooks.RunAsync(connection, CancellationToken.None);
    }

    [Fact]
    public async Task Sum_through_orders_kits_holds_and_shipping_and_name_what_was_changed_by_hand()
    {
        var (one, two, kit) = (await shop.NewVariantAsync(50), await shop.NewVariantAsync(50), await shop.NewVariantAsync(null));
        await shop.Staff.PutAsJsonAsync($"/v1/admin/stock/{kit}/kit", new { components = new[] { new { variantId = one, quantity = 2 }, new { variantId = two, quantity = 3 } } });
        await shop.PlacedAsync(OrderingShop.OrderOf(one, 4));
        await shop.PlacedAsync(OrderingShop.OrderOf(kit, 2));
        var shipped = await shop.PlacedAsync(new { lines = new[] { new { variantId = kit, quantity = 1 } }, email = "g@example.com", payment = new { method = "sandbox" } });
        await shop.PostAsync($"/v1/admin/orders/{shipped.Text("id")}/fulfilment", new { status = "shipped" }, null, shop.Staff);
        using var made = await shop.PostAsync("/v1/carts", new { lines = new[] { new { variantId = two, quantity = 5 } } }, null);
        var cart = await made.Body();
        await shop.PostAsync($"/v1/carts/{cart.Text("id")}/holds", new { }, null, shop.Http, ("Souk-Cart-Token", cart.Text("cartToken")));
        Assert.Equal(((48, 8, 40), (47, 11, 36)), (await shop.StockAsync(one), await shop.StockAsync(two)));
        Assert.Equal((3L, 0L), await BooksAsync() is var books ? (books.Variants, books.WrongTotal) : default);
        Assert.Equal(Verdict.Ok, (await DoctorAsync()).Verdict);

        await shop.ScalarAsync<int>($"UPDATE ordering.stock SET reserved = reserved - 1 WHERE variant_id = '{Uuid(one)}' RETURNING 1");
        var shown = await (await shop.Staff.GetAsync("/v1/admin/stock-books")).Body();
        var wrong = Assert.Single(shown.GetProperty("wrong").EnumerateArray());
        Assert.Equal((one, 7, 8), (wrong.Text("variantId"), wrong.GetProperty("reserved").GetInt32(), wrong.GetProperty("promised").GetInt32()));
        var finding = await DoctorAsync();
        Assert.True(finding.Verdict == Verdict.Fail && finding.Says.Contains(one, StringComparison.Ordinal), finding.Says);
        await shop.ScalarAsync<int>($"UPDATE ordering.stock SET reserved = reserved + 1 WHERE variant_id = '{Uuid(one)}' RETURNING 1");
        Assert.Equal(0, (await BooksAsync()).WrongTotal);
        await (await shop.Http.GetAsync("/v1/admin/stock-books")).Problem(HttpStatusCode.Unauthorized, "not_signed_in");

        async Task<Finding> DoctorAsync() => (await DatabaseChecks.RunAsync(shop.ConnectionString, shop.KeysFolder, CancellationToken.None)).Single(f => f.What == "stock");
    }

    static readonly Id<Souk.Contracts.VariantKind> A = new(Guid.Parse("00000000-0000-7000-8000-00000000000a"));

    [Theory]
    [InlineData(5, 5, 5, 2, 2, 0)]
    [InlineData(5, 4, 5, 0, 0, 1)]
    [InlineData(5, 5, 6, 0, 0, 1)]
    [InlineData(5, 5, 5, 2, 3, 1)]
    public void Compare_counters_with_what_they_count(int onHand, long levels, long movements, int reserved, long promised, int wrong) =>
        Assert.Equal(wrong, StockBooks.Compare(1, [new(A, onHand, levels, movements, reserved, 0)], new Dictionary<string, long> { [A.ToString()] = promised }).WrongTotal);

    [Fact]
    public void Name_what_is_promised_of_a_variant_that_reserves_nothing() =>
        Assert.Equal(A, StockBooks.Compare(1, [], new Dictionary<string, long> { [A.ToString()] = 1 }).Wrong.Single().VariantId);
}
