using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Souk.Ordering.Carts;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Carts;

/// <summary>Holds at most 50 units for a cart.</summary>
public sealed class HoldingShop(TestPostgres postgres) : OrderingShop(postgres)
{
    protected override void Configure(WebApplicationBuilder builder) => builder.Configuration["Ordering:CartHoldUnits"] = "50";
}

public sealed class HoldCartTests(HoldingShop shop) : IClassFixture<HoldingShop>
{
    sealed record GuestCart(string Id, string Token);

    async Task<GuestCart> NewCartAsync(params (string Variant, int Quantity)[] lines)
    {
        using var made = await shop.PostAsync("/v1/carts", new { lines = lines.Select(l => new { variantId = l.Variant, quantity = l.Quantity }) }, null);
        var cart = await made.Body();
        return new(cart.Text("id"), cart.Text("cartToken"));
    }

    async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, GuestCart cart, object? body = null)
    {
        using var request = new HttpRequestMessage(method, $"/v1/carts/{cart.Id}{path}");
        request.Headers.Add("Souk-Cart-Token", cart.Token);
        if (body is not null) request.Content = new StringContent(JsonSerializer.Serialize(body), new MediaTypeHeaderValue("application/json"));
        return await shop.Http.SendAsync(request);
    }

    Task<HttpResponseMessage> HoldAsync(GuestCart cart) => SendAsync(HttpMethod.Post, "/holds", cart);

    Task<HttpResponseMessage> ReleaseAsync(GuestCart cart) => SendAsync(HttpMethod.Delete, "/holds", cart);

    Task<HttpResponseMessage> OrderAsync(GuestCart cart) => shop.PlaceAsync(new { cartId = cart.Id, email = "guest@example.com" }, cartToken: cart.Token);

    [Fact]
    public async Task A_kit_that_is_short_of_a_part_is_named_and_not_its_part()
    {
        var (part, plenty, kit) = (await shop.NewVariantAsync(1), await shop.NewVariantAsync(9), await shop.NewVariantAsync(null));
        // Signed in now: others of these tests let time pass.
        using var made = await (await shop.NewStaff()).Http.PutAsJsonAsync($"/v1/admin/stock/{kit}/kit", new { components = new[] { new { variantId = part, quantity = 2 } } });
        Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        var no = await (await HoldAsync(await NewCartAsync((plenty, 1), (kit, 1)))).Problem(HttpStatusCode.Conflict, "insufficient_stock");
        Assert.Equal([kit], no.GetProperty("variantIds").EnumerateArray().Select(v => v.GetString()));
        Assert.Equal((9, 0, 9), await shop.StockAsync(plenty));
    }

    [Fact]
    public async Task What_is_held_nobody_else_buys_and_the_order_of_the_cart_uses_it()
    {
        var variant = await shop.NewVariantAsync(5);
        var cart = await NewCartAsync((variant, 5));
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => HoldAsync(cart)));
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.Created, a.StatusCode));
        Assert.Single((await Task.WhenAll(answers.Select(a => a.Content.ReadAsStringAsync()))).Distinct());
        Assert.Equal((5, 5, 0), await shop.StockAsync(variant));
        Assert.True((await (await SendAsync(HttpMethod.Get, "", cart)).Body()).TryGetProperty("heldUntil", out _));
        await (await shop.PlaceAsync(OrderingShop.OrderOf(variant))).Problem(HttpStatusCode.Conflict, "insufficient_stock");

        var placed = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => OrderAsync(cart)));
        Assert.Single(placed, a => a.StatusCode == HttpStatusCode.Created);
        Assert.Equal((5, 5, 0), await shop.StockAsync(variant));
        await (await HoldAsync(cart)).Problem(HttpStatusCode.Conflict, "cart_ordered");
        await (await ReleaseAsync(cart)).Problem(HttpStatusCode.Conflict, "cart_ordered");
    }

    [Fact]
    public async Task Follows_the_lines_when_it_is_asked_for_again_and_an_order_gives_back_what_it_does_not_need()
    {
        var (one, two) = (await shop.NewVariantAsync(10), await shop.NewVariantAsync(10));
        var cart = await NewCartAsync((one, 4), (two, 1));
        var first = await (await HoldAsync(cart)).Body();
        await SendAsync(HttpMethod.Put, $"/lines/{one}", cart, new { quantity = 2 });
        Assert.Equal((10, 4, 6), await shop.StockAsync(one));
        var again = await (await HoldAsync(cart)).Body();
        Assert.Equal(first.Text("expiresAt"), again.Text("expiresAt"));
        Assert.Equal((10, 2, 8), await shop.StockAsync(one));
        await SendAsync(HttpMethod.Put, $"/lines/{one}", cart, new { quantity = 3 });
        await SendAsync(HttpMethod.Delete, $"/lines/{two}", cart);
        Assert.Equal(HttpStatusCode.Created, (await OrderAsync(cart)).StatusCode);
        Assert.Equal(((10, 3, 7), (10, 0, 10)), (await shop.StockAsync(one), await shop.StockAsync(two)));
    }

    [Fact]
    public async Task Is_released_once_whoever_comes_first()
    {
        var variant = await shop.NewVariantAsync(40);
        var carts = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => NewCartAsync((variant, 2))));
        await Task.WhenAll(carts.Select(HoldAsync));
        Assert.Equal((40, 24, 16), await shop.StockAsync(variant));
        // Their time is over: expiry, shoppers that give up, and shoppers that order, all at the same instant.
        shop.Clock.Advance(TimeSpan.FromMinutes(16));
        var answers = await Task.WhenAll(carts.SelectMany(cart => new[] { ReleaseAsync(cart), OrderAsync(cart), OrderAsync(cart) }));
        await Answers.Eventually(() => shop.ScalarAsync<bool>("SELECT NOT EXISTS (SELECT FROM ordering.carts WHERE held IS NOT NULL)"), "every hold has ended");
        var orders = answers.Count(a => a.StatusCode == HttpStatusCode.Created);
        Assert.True(orders <= 12, $"{orders} orders of 12 carts");
        foreach (var no in answers.Where(a => !a.IsSuccessStatusCode)) Assert.Contains(await no.Code(), (string[])["cart_changed", "cart_ordered"]);
        var (_, reserved, _) = await shop.StockAsync(variant);
        Assert.Equal(orders * 2, reserved);
    }

    [Fact]
    public async Task Expires_and_the_cart_can_still_be_ordered_or_held_anew()
    {
        var variant = await shop.NewVariantAsync(3);
        var (cart, other) = (await NewCartAsync((variant, 3)), await NewCartAsync((variant, 1)));
        var held = await (await HoldAsync(cart)).Body();
        await (await HoldAsync(other)).Problem(HttpStatusCode.Conflict, "insufficient_stock");
        shop.Clock.Advance(TimeSpan.FromMinutes(16));
        await Answers.Eventually(async () => await shop.StockAsync(variant) == (3, 0, 3), "the hold has ended");
        Assert.True((await (await HoldAsync(cart)).Body()).GetProperty("expiresAt").GetDateTimeOffset() > held.GetProperty("expiresAt").GetDateTimeOffset());
        Assert.Equal(HttpStatusCode.NoContent, (await ReleaseAsync(cart)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await ReleaseAsync(cart)).StatusCode);
        Assert.Equal((3, 0, 3), await shop.StockAsync(variant));
        Assert.Equal(HttpStatusCode.Created, (await OrderAsync(cart)).StatusCode);
    }

    [Fact]
    public async Task A_customer_holds_three_carts_and_not_more_however_many_are_asked_for_at_once()
    {
        var variant = await shop.NewVariantAsync(100);
        var account = (await shop.NewPerson()).Http;
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            using var made = await shop.PostAsync("/v1/carts", new { lines = new[] { new { variantId = variant, quantity = 1 } } }, null, account);
            return await account.PostAsync($"/v1/carts/{(await made.Body()).Text("id")}/holds", null);
        }));
        Assert.Equal(HoldCart.HoldsMax, answers.Count(a => a.StatusCode == HttpStatusCode.Created));
        foreach (var no in answers.Where(a => a.StatusCode != HttpStatusCode.Created)) Assert.Equal("holds_full", await no.Code());
        Assert.Equal((100, 3, 97), await shop.StockAsync(variant));
    }

    [Fact]
    public async Task Is_refused_for_an_empty_cart_too_many_units_and_a_stranger()
    {
        var variant = await shop.NewVariantAsync(100);
        var cart = await NewCartAsync((variant, 51));
        Assert.Equal(50, (await (await HoldAsync(cart)).Problem(HttpStatusCode.Conflict, "hold_too_large")).GetProperty("unitsMax").GetInt32());
        await (await HoldAsync(cart with { Token = (await NewCartAsync((variant, 1))).Token })).Problem(HttpStatusCode.NotFound, "cart_not_found");
        await (await ReleaseAsync(cart with { Token = "no" })).Problem(HttpStatusCode.NotFound, "cart_not_found");
        await SendAsync(HttpMethod.Delete, $"/lines/{variant}", cart);
        await (await HoldAsync(cart)).Problem(HttpStatusCode.UnprocessableEntity, "cart_empty");
        Assert.Equal((100, 0, 100), await shop.StockAsync(variant));
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("1", 2)]
    [InlineData("1 3", 2)]
    [InlineData("2 1", 3)]
    [InlineData("1 2 3", null)]
    public void A_slot_is_the_first_that_is_free(string taken, int? free) =>
        Assert.Equal(free, HoldCart.FreeSlot([.. taken.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(s => short.Parse(s, System.Globalization.CultureInfo.InvariantCulture))]));
}
