using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Souk.Ordering.Inventory;
using Souk.Platform.Ids;
using Souk.Tests.Identity;
using Souk.Tests.Ordering.Orders;

namespace Souk.Tests.Ordering.Inventory;

public sealed class SetKitTests(PayingShop shop) : IClassFixture<PayingShop>
{
    Task<HttpResponseMessage> PutAsync(string kit, params (string Variant, int Quantity)[] components) =>
        shop.Staff.PutAsJsonAsync($"/v1/admin/stock/{kit}/kit", new { components = components.Select(c => new { variantId = c.Variant, quantity = c.Quantity }) });

    async Task<string> NewKitAsync(params (string Variant, int Quantity)[] components)
    {
        var kit = await shop.NewVariantAsync(null);
        var answer = await PutAsync(kit, components);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return kit;
    }

    async Task<JsonElement> AvailabilityAsync(string variant) => (await (await shop.Http.GetAsync($"/v1/availability?variantIds={variant}")).Body()).GetProperty("items")[0];

    async Task<string> StateAsync(string variant) => await AvailabilityAsync(variant) is var item ? $"{item.GetProperty("available").GetInt32()} {item.Text("stockState")}" : "";

    [Theory]
    [InlineData("2:9+0 1:100+0", "4 of 4 Low ")]
    [InlineData("1:9+0", "9 of 9 InStock ")]
    [InlineData("2:5+3 1:1+0", "1 of 1 Low ")]
    [InlineData("2:5+3 1:9+0", "2 of 4 Low backorder")]
    [InlineData("3:2+1", "0 of 1 Backorder backorder")]
    [InlineData("1:-4+3", "0 of 0 Out ")]
    [InlineData("1:7+0 1:0+0", "0 of 0 Out ")]
    public void There_are_as_many_as_the_scarcest_component_allows(string components, string expected)
    {
        var kit = StockLevels.Level.OfKit([.. components.Split(' ').Select(c => c.Split(':', '+')).Select(c => (Number(c[0]),
            new StockLevels.Level(Number(c[1]), Number(c[2]), default, Number(c[2]) > 0 ? "backorder" : null, null)))], lowStock: 5);
        Assert.Equal(expected, $"{kit.OnShelf} of {kit.Available} {kit.State} {kit.Backorder}");

        static int Number(string text) => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task A_kit_of_what_is_on_back_order_is_sold_like_it()
    {
        var part = await shop.NewVariantAsync(1);
        using var rules = new StringContent("""{"backorder": {"kind": "backorder", "limit": 4}}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/merge-patch+json"));
        Assert.Equal(HttpStatusCode.OK, (await shop.Staff.PatchAsync($"/v1/admin/stock/{part}", rules)).StatusCode);
        var kit = await NewKitAsync((part, 2));
        Assert.Equal("2 backorder", await StateAsync(kit));
        await shop.PlacedAsync(OrderingShop.OrderOf(kit, 2));
        Assert.Equal((1, 4, -3), await shop.StockAsync(part));
    }

    [Fact]
    public async Task Is_taken_with_all_its_components_or_not_at_all_down_to_the_last_one()
    {
        var (wheel, frame) = (await shop.NewVariantAsync(9), await shop.NewVariantAsync(100));
        var (bike, spare) = (await NewKitAsync((wheel, 2), (frame, 1)), await NewKitAsync((wheel, 1), (frame, 1)));
        Assert.Equal("4 low", await StateAsync(bike));
        // Kits and their components, for the same last wheels, in any order.
        var answers = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => shop.PlaceAsync(OrderingShop.OrderOf((i % 3) switch { 0 => bike, 1 => spare, _ => wheel }))));
        var sold = new int[3];
        for (var i = 0; i < answers.Length; i++)
        {
            if (answers[i].StatusCode == HttpStatusCode.Created) sold[i % 3]++;
            else Assert.Equal([(i % 3) switch { 0 => bike, 1 => spare, _ => wheel }], (await answers[i].Problem(HttpStatusCode.Conflict, "insufficient_stock"))
                .GetProperty("variantIds").EnumerateArray().Select(v => v.GetString()!));
        }
        var (wheels, frames) = (2 * sold[0] + sold[1] + sold[2], sold[0] + sold[1]);
        Assert.InRange(wheels, 8, 9);
        Assert.Equal(((9, wheels, 9 - wheels), (100, frames, 100 - frames)), (await shop.StockAsync(wheel), await shop.StockAsync(frame)));
        Assert.Equal("0 out", await StateAsync(bike));
    }

    [Fact]
    public async Task Comes_back_when_the_order_is_cancelled_and_ships_as_what_it_was_sold_with()
    {
        var (cup, plate, spoon) = (await shop.NewVariantAsync(20), await shop.NewVariantAsync(20), await shop.NewVariantAsync(20));
        var set = await NewKitAsync((cup, 2), (plate, 1));
        var open = await shop.PlacedAsync(new { lines = new[] { new { variantId = set, quantity = 3 }, new { variantId = cup, quantity = 1 } }, email = "g@example.com" });
        Assert.Equal([(cup, 2), (plate, 1)], open.GetProperty("lines")[0].GetProperty("components").EnumerateArray()
            .Select(c => (c.Text("variantId"), c.GetProperty("quantity").GetInt32())).OrderBy(c => c.Item1 == plate));
        Assert.Equal(((20, 7, 13), (20, 3, 17)), (await shop.StockAsync(cup), await shop.StockAsync(plate)));
        var paid = await shop.PlacedAsync(new { lines = new[] { new { variantId = set, quantity = 1 } }, email = "g@example.com", payment = new { method = "sandbox" } });
        // The set is another one from now on; what was sold is not.
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(set, (spoon, 5))).StatusCode);
        await shop.PostAsync($"/v1/orders/{open.Text("id")}/cancellation", new { }, null, shop.Http, ("Souk-Order-Token", open.Text("orderToken")));
        Assert.Equal(HttpStatusCode.OK, (await shop.PostAsync($"/v1/admin/orders/{paid.Text("id")}/fulfilment", new { status = "shipped" }, null, shop.Staff)).StatusCode);
        Assert.Equal(((18, 0, 18), (19, 0, 19), (20, 0, 20)), (await shop.StockAsync(cup), await shop.StockAsync(plate), await shop.StockAsync(spoon)));
        Assert.Equal("4 low", await StateAsync(set));
    }

    [Fact]
    public async Task Its_word_follows_that_of_its_components()
    {
        var (a, b) = (await shop.NewVariantAsync(50), await shop.NewVariantAsync(8));
        var kit = await NewKitAsync((a, 1), (b, 2));
        Assert.True(Id<Souk.Contracts.VariantKind>.TryRead(kit, out var id));
        Task<bool> Says(string state) => shop.ScalarAsync<bool>($"SELECT EXISTS (SELECT FROM catalog.offers WHERE variant_id = '{id.Value}' AND stock_state = '{state}')");
        await Answers.Eventually(() => Says("low"), "the product page says low");
        await shop.PlacedAsync(OrderingShop.OrderOf(b, 8));
        await Answers.Eventually(() => Says("out"), "the product page says out");
        Assert.Equal("0 out", await StateAsync(kit));
    }

    [Fact]
    public async Task Kits_of_kits_are_refused_in_both_directions_also_at_once()
    {
        var (one, two, part) = (await shop.NewVariantAsync(null), await shop.NewVariantAsync(null), await shop.NewVariantAsync(3));
        var answers = await Task.WhenAll(PutAsync(one, (two, 1)), PutAsync(two, (one, 1)), PutAsync(one, (two, 1)), PutAsync(two, (one, 1)));
        Assert.Single(answers.Where(a => a.StatusCode == HttpStatusCode.OK).Select(a => a.RequestMessage!.RequestUri!.AbsolutePath).Distinct());
        foreach (var no in answers.Where(a => a.StatusCode != HttpStatusCode.OK)) Assert.Equal("kit_of_kits", await no.Code());
        var kit = await NewKitAsync((part, 1));
        await (await PutAsync(await shop.NewVariantAsync(null), (kit, 1))).Problem(HttpStatusCode.Conflict, "kit_of_kits");
        await (await PutAsync(part, (await shop.NewVariantAsync(1), 1))).Problem(HttpStatusCode.Conflict, "kit_of_kits");
    }

    [Fact]
    public async Task Has_no_stock_of_its_own_until_it_is_dissolved()
    {
        var part = await shop.NewVariantAsync(3);
        await (await PutAsync(await shop.NewVariantAsync(1), (part, 1))).Problem(HttpStatusCode.Conflict, "kit_has_stock");
        var kit = await NewKitAsync((part, 1));
        var adjust = $"/v1/admin/stock/{kit}/locations/{await shop.LocationIdAsync()}/adjustments";
        await (await shop.PostAsync(adjust, new { delta = 1, reason = "received" }, OrderingShop.NewKey(), shop.Staff)).Problem(HttpStatusCode.Conflict, "variant_is_kit");
        using var rules = new StringContent("""{"safetyStock": 1}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/merge-patch+json"));
        await (await shop.Staff.PatchAsync($"/v1/admin/stock/{kit}", rules)).Problem(HttpStatusCode.Conflict, "variant_is_kit");
        Assert.Equal([part], (await (await shop.Staff.GetAsync($"/v1/admin/stock/{kit}")).Body()).GetProperty("kit").EnumerateArray().Select(c => c.Text("variantId")));
        for (var i = 0; i < 2; i++) Assert.Equal(HttpStatusCode.NoContent, (await shop.Staff.DeleteAsync($"/v1/admin/stock/{kit}/kit")).StatusCode);
        Assert.Equal("0 out", await StateAsync(kit));
        Assert.Equal(HttpStatusCode.Created, (await shop.PostAsync(adjust, new { delta = 1, reason = "received" }, OrderingShop.NewKey(), shop.Staff)).StatusCode);
        await shop.PlacedAsync(OrderingShop.OrderOf(kit));
        Assert.Equal(((1, 1, 0), (3, 0, 3)), (await shop.StockAsync(kit), await shop.StockAsync(part)));
    }

    [Fact]
    public async Task Is_refused_for_components_that_are_wrong_what_nobody_sells_and_who_is_not_staff()
    {
        var (kit, part) = (await shop.NewVariantAsync(null), await shop.NewVariantAsync(3));
        foreach (var wrong in new (string, int)[][] { [], [(part, 0)], [(part, 1_001)], [(kit, 1)], [(part, 1), (part, 2)] })
            await (await PutAsync(kit, wrong)).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        await (await PutAsync(kit, (Id<Souk.Contracts.VariantKind>.New(shop.Clock).ToString(), 1))).Problem(HttpStatusCode.NotFound, "variant_not_found");
        await (await shop.Staff.DeleteAsync($"/v1/admin/stock/{Id<Souk.Contracts.VariantKind>.New(shop.Clock)}/kit")).Problem(HttpStatusCode.NotFound, "variant_not_found");
        await (await shop.Http.PutAsJsonAsync($"/v1/admin/stock/{kit}/kit", new { components = new[] { new { variantId = part, quantity = 1 } } }))
            .Problem(HttpStatusCode.Unauthorized, "not_signed_in");
    }
}
