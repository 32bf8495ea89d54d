using System.Net;
using System.Text;
using System.Text.Json;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Carts;

public sealed class ChangeCartTests(CartShop shop) : IClassFixture<CartShop>
{
    const string Home = """{"name": "أحمد 王小明", "line1": "ул. Ленина 1", "line2": "2. OG", "city": "Zürich", "region": "ZH", "postalCode": "8001", "country": "CH", "phone": "+41 44 000 00 00"}""";

    [Fact]
    public async Task Members_that_are_sent_are_set_null_clears_and_the_others_stay()
    {
        var cart = await shop.NewCartAsync((shop.Variants[0], 1));

        var set = await (await cart.Patch($$"""{"email": " Anna@Example.com ", "shippingAddress": {{Home}}}""")).Ok();
        Assert.Equal((2, "Anna@Example.com"), (set.Version(), set.Text("email")));
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(Home).RootElement, set.GetProperty("shippingAddress")), set.ToString());
        Assert.False(set.Has("billingAddress"));

        var changed = await (await cart.Patch($$"""{"email": null, "billingAddress": {{Home}}}""")).Ok();
        Assert.Equal((3, false, true, true), (changed.Version(), changed.Has("email"), changed.Has("shippingAddress"), changed.Has("billingAddress")));

        var cleared = await (await cart.Patch("""{"shippingAddress": null, "billingAddress": null, "shippingMethod": null}""")).Ok();
        Assert.Equal((4, false, false), (cleared.Version(), cleared.Has("shippingAddress"), cleared.Has("billingAddress")));
        Assert.Equal(cleared.ToString(), (await cart.Read()).ToString());
        Assert.Equal([(shop.Variants[0], 1)], cleared.Lines());
    }

    [Fact]
    public async Task An_empty_patch_changes_nothing()
    {
        var cart = await shop.NewCartAsync();
        Assert.Equal(1, (await (await cart.Patch("{}")).Ok()).Version());
    }

    [Theory]
    [InlineData("""{"email": ""}""", 422, "/email")]
    [InlineData("""{"email": "anna"}""", 422, "/email")]
    [InlineData("""{"email": "a@b@c"}""", 422, "/email")]
    [InlineData("""{"email": "a b@example.com"}""", 422, "/email")]
    [InlineData("""{"email": "a\u0000@example.com"}""", 422, "/email")]
    [InlineData("""{"email": 1}""", 400, "/email")]
    [InlineData("""{"email": "\ud800@example.com"}""", 400, "/email")]
    [InlineData("""{"shippingAddress": {}}""", 422, "/shippingAddress/name")]
    [InlineData("""{"shippingAddress": []}""", 400, "/shippingAddress")]
    [InlineData("""{"shippingAddress": {"zip": "1"}}""", 400, "/shippingAddress/zip")]
    [InlineData("""{"shippingAddress": {"name": "\ud800"}}""", 400, "/shippingAddress/name")]
    [InlineData("""{"billingAddress": {"name": "A", "line1": "1", "city": "B", "country": "ch"}}""", 422, "/billingAddress/country")]
    [InlineData("""{"couponCodes": ["SUMMER"]}""", 400, "/couponCodes")]
    [InlineData("""{"isEmpty": true}""", 400, "/isEmpty")]
    public async Task What_is_wrong_is_named_and_nothing_is_changed(string patch, int status, string pointer)
    {
        var cart = await shop.NewCartAsync();
        var answer = await cart.Patch(patch);
        Assert.Equal((HttpStatusCode)status, answer.StatusCode);
        Assert.True((await answer.Body()).GetProperty("errors").Has(pointer), await answer.Content.ReadAsStringAsync());
        Assert.Equal(1, (await cart.Read()).Version());
    }

    [Fact]
    public async Task A_shipping_method_is_one_of_the_shop_in_the_carts_currency()
    {
        var code = $"m-{Guid.NewGuid():n}";
        await shop.Pricing.SetShippingMethodsAsync([new(code, "Mule", new(300, "EUR"), new(0, "EUR"))], CancellationToken.None);
        var cart = await shop.NewCartAsync((shop.Variants[0], 1));

        foreach (var unknown in new[] { code, "", "Mule", "a\\u0000", new string('a', 10_000) })
            await (await cart.Patch($$"""{"shippingMethod": "{{unknown}}"}""")).Problem(HttpStatusCode.UnprocessableEntity, "shipping_method_unknown");
        await shop.Pricing.SetShippingMethodsAsync([new(code, "Mule", new(300, "USD"), new(0, "USD"))], CancellationToken.None);
        var set = await (await cart.Patch($$"""{"shippingMethod": "{{code}}"}""")).Ok();
        Assert.Equal((code, 300, 1299), (set.Text("shippingMethod"), set.Amount("shipping"), set.Amount("total")));
    }

    [Fact]
    public async Task With_If_Match_only_the_version_that_was_read_is_changed()
    {
        var cart = await shop.NewCartAsync();
        await (await cart.Patch("""{"email": "a@example.com"}""", "\"1\"")).Ok();

        await (await cart.Patch("""{"email": "b@example.com"}""", "\"1\"")).Problem(HttpStatusCode.PreconditionFailed, "version_mismatch");
        await (await cart.Patch("{}", "\"1\"")).Problem(HttpStatusCode.PreconditionFailed, "version_mismatch");
        Assert.Equal("a@example.com", (await cart.Read()).Text("email"));
    }

    [Fact]
    public async Task Rivals_that_set_different_members_lose_none()
    {
        var cart = await shop.NewCartAsync();
        var answers = await Task.WhenAll(cart.Patch("""{"email": "a@example.com"}"""), cart.Patch($$"""{"shippingAddress": {{Home}}}"""),
            cart.Patch($$"""{"billingAddress": {{Home}}}"""), cart.PutLine(shop.Variants[0], 1));

        foreach (var answer in answers) await answer.Ok();
        var read = await cart.Read();
        Assert.Equal((5, true, true, true, 1), (read.Version(), read.Has("email"), read.Has("shippingAddress"), read.Has("billingAddress"), read.Lines().Count));
    }

    [Fact]
    public async Task A_dump_of_the_tables_names_nobody()
    {
        var anna = await shop.NewPerson();
        const string planted = """{"name": "Plantagenet", "line1": "Vonderplant 7", "city": "Plantville", "country": "NL", "phone": "0031555000111"}""";
        foreach (var cart in new[] { await shop.NewCartAsync(), await shop.NewCartAsync(anna.Http) })
            await (await cart.Patch($$"""{"email": "planted.person@example.com", "shippingAddress": {{planted}}, "billingAddress": {{planted}}}""")).Ok();

        var dump = new StringBuilder();
        await using var command = shop.Db.CreateCommand("SELECT c::text FROM ordering.carts c");
        await using (var reader = await command.ExecuteReaderAsync())
            while (await reader.ReadAsync()) dump.AppendLine(reader.GetString(0));
        var text = dump.ToString();
        Assert.Contains("USD", text, StringComparison.Ordinal);
        foreach (var secret in new[] { "planted.person", "Plantagenet", "Vonderplant", "Plantville", "0031555000111" })
        {
            Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Convert.ToHexString(Encoding.UTF8.GetBytes(secret)), text, StringComparison.OrdinalIgnoreCase);
        }
    }
}
