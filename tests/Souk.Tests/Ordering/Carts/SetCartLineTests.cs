using System.Net;
using System.Text;
using Souk.Contracts;
using Souk.Platform.Ids;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Carts;

public sealed class SetCartLineTests(CartShop shop) : IClassFixture<CartShop>
{
    [Fact]
    public async Task Sets_how_many_there_are_however_many_there_were_and_keeps_the_order_of_the_lines()
    {
        var (cup, plate, bowl) = (shop.Variants[0], shop.Variants[1], shop.Variants[2]);
        var cart = await shop.NewCartAsync((plate, 1), (cup, 1));

        await (await cart.PutLine(bowl, 2)).Ok();
        var set = await (await cart.PutLine(plate, 999)).Ok();

        Assert.Equal([(plate, 999), (cup, 1), (bowl, 2)], set.Lines());
        Assert.Equal((3, 999L * 1002), (set.Version(), set.Amount("total")));
        await (await cart.DeleteLine(plate)).Ok();
        Assert.Equal([(cup, 1), (bowl, 2), (plate, 1)], (await (await cart.PutLine(plate, 1)).Ok()).Lines());
        Assert.Equal([(cup, 1), (bowl, 2), (plate, 1)], (await cart.Read()).Lines());
    }

    [Fact]
    public async Task Sent_again_it_changes_nothing_and_counts_no_version()
    {
        var cart = await shop.NewCartAsync();
        var first = await (await cart.PutLine(shop.Variants[0], 2)).Ok();
        var again = await (await cart.PutLine(shop.Variants[0], 2)).Ok();

        Assert.Equal((2, 2), (first.Version(), again.Version()));
        Assert.Equal(first.ToString(), again.ToString());
    }

    [Theory]
    [InlineData("""{"quantity": 0}""", 422, "validation_failed")]
    [InlineData("""{"quantity": -1}""", 422, "validation_failed")]
    [InlineData("""{"quantity": 1000}""", 422, "validation_failed")]
    [InlineData("""{"quantity": null}""", 422, "validation_failed")]
    [InlineData("""{}""", 422, "validation_failed")]
    [InlineData("""{"quantity": "2"}""", 400, "json_malformed")]
    [InlineData("""{"quantity": 1e300}""", 400, "json_malformed")]
    [InlineData("""{"quantity": 2, "note": ""}""", 400, "unknown_member")]
    [InlineData("""[]""", 400, "json_malformed")]
    [InlineData("", 400, "request_malformed")]
    public async Task A_quantity_out_of_range_is_refused(string body, int status, string code)
    {
        var cart = await shop.NewCartAsync((shop.Variants[0], 5));
        await (await cart.Http.PutAsync($"{cart.Path}/lines/{shop.Variants[0]}", new StringContent(body, Encoding.UTF8, "application/json"))).Problem((HttpStatusCode)status, code);
        Assert.Equal([(shop.Variants[0], 5)], (await cart.Read()).Lines());
    }

    [Fact]
    public async Task Zero_is_answered_with_how_to_take_the_line_out()
    {
        var problem = await (await (await shop.NewCartAsync()).PutLine(shop.Variants[0], 0)).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        Assert.Contains("DELETE", problem.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_bought_is_refused_whatever_else_is_in_the_cart()
    {
        var (ended, unpriced, dear, spoilt) = (await shop.NewVariantAsync(), await shop.NewVariantAsync(), await shop.NewVariantAsync(), await shop.NewVariantAsync());
        var cart = await shop.NewCartAsync((spoilt, 1));
        foreach (var variant in new[] { ended, spoilt }) await shop.TakeOffSaleAsync(variant);
        await shop.TakePriceAsync(unpriced);
        await shop.PriceAsync(dear, 9_007_199_254_740_991);

        var unknown = Id<VariantKind>.New(shop.Clock).ToString();
        foreach (var gone in new[] { ended, unknown, spoilt })
        {
            var problem = await (await cart.PutLine(gone, 2)).Problem(HttpStatusCode.UnprocessableEntity, "variant_unavailable");
            Assert.Equal(gone, Assert.Single(problem.GetProperty("variantIds").EnumerateArray()).GetString());
        }
        await (await cart.PutLine(unpriced, 1)).Problem(HttpStatusCode.UnprocessableEntity, "price_missing");
        await (await cart.PutLine(dear, 2)).Problem(HttpStatusCode.UnprocessableEntity, "amount_too_large");
        Assert.Equal([(spoilt, 1), (shop.Variants[0], 1)], (await (await cart.PutLine(shop.Variants[0], 1)).Ok()).Lines());
    }

    [Theory]
    [InlineData("1")]
    [InlineData("prod_01kz0000000000000000000000")]
    [InlineData("var_")]
    [InlineData("%00")]
    public async Task What_is_no_id_of_a_variant_is_not_found(string variant)
    {
        var cart = await shop.NewCartAsync();
        await (await cart.PutLine(variant, 1)).Problem(HttpStatusCode.NotFound, "cart_line_not_found");
        await (await cart.DeleteLine(variant)).Problem(HttpStatusCode.NotFound, "cart_line_not_found");
    }

    [Fact]
    public async Task Strangers_change_nothing()
    {
        var (anna, cart, other) = (await shop.NewPerson(), await shop.NewCartAsync((shop.Variants[0], 1)), await shop.NewCartAsync());
        foreach (var http in new[] { anna.Http, shop.Http, other.Http })
        {
            var stranger = cart with { Http = http };
            await (await stranger.PutLine(shop.Variants[0], 2)).Problem(HttpStatusCode.NotFound, "cart_not_found");
            await (await stranger.DeleteLine(shop.Variants[0])).Problem(HttpStatusCode.NotFound, "cart_not_found");
            await (await stranger.Patch("""{"email": "x@example.com"}""")).Problem(HttpStatusCode.NotFound, "cart_not_found");
        }
        Assert.Equal(1, (await cart.Read()).Version());
    }

    [Fact]
    public async Task With_If_Match_only_the_version_that_was_read_is_changed()
    {
        var cart = await shop.NewCartAsync((shop.Variants[0], 1));

        await (await cart.PutLine(shop.Variants[0], 2, "\"1\"")).Ok();
        foreach (var stale in new[] { "\"1\"", "\"3\"", "W/\"2\"", "2", "\"x\"" })
            await (await cart.PutLine(shop.Variants[0], 3, stale)).Problem(HttpStatusCode.PreconditionFailed, "version_mismatch");
        Assert.Equal(3, (await (await cart.PutLine(shop.Variants[0], 3, "*")).Ok()).Version());
    }

    [Fact]
    public async Task A_cart_that_became_an_order_changes_no_more()
    {
        var cart = await shop.NewCartAsync((shop.Variants[0], 1));
        var order = await shop.OrderAsync(cart);

        foreach (var answer in new[] { await cart.PutLine(shop.Variants[0], 2), await cart.DeleteLine(shop.Variants[0]), await cart.Patch("""{"email": "x@example.com"}""") })
            Assert.Equal(order, (await answer.Problem(HttpStatusCode.Conflict, "cart_ordered")).Text("orderId"));
        var read = await cart.Read();
        Assert.Equal((order, 2), (read.Text("orderId"), read.Version()));
    }

    [Fact]
    public async Task Tabs_that_change_different_lines_at_once_lose_none_and_every_change_counts()
    {
        var cart = await shop.NewCartAsync((shop.Variants[0], 1), (shop.Variants[1], 1));

        var answers = await Task.WhenAll([
            .. Enumerable.Range(2, 40).Select(n => cart.PutLine(shop.Variants[n], n)),
            cart.PutLine(shop.Variants[0], 7), cart.DeleteLine(shop.Variants[1]), cart.Patch("""{"email": "tabs@example.com"}""")]);

        var versions = new List<int>();
        foreach (var answer in answers) versions.Add((await answer.Ok()).Version());
        Assert.Equal(Enumerable.Range(2, 43), versions.Order());
        var read = await cart.Read();
        Assert.Equal((44, "tabs@example.com"), (read.Version(), read.Text("email")));
        Assert.Equal([(shop.Variants[0], 7), .. Enumerable.Range(2, 40).Select(n => (shop.Variants[n], n))], read.Lines().Order());
    }

    [Fact]
    public async Task Rivals_for_the_last_lines_of_a_cart_never_overfill_it()
    {
        var cart = await shop.NewCartAsync([.. shop.Variants.Take(95).Select(variant => (variant, 1))]);

        var answers = await Task.WhenAll(shop.Variants.Skip(95).Take(20).Select(variant => cart.PutLine(variant, 1)));

        Assert.Equal(5, answers.Count(a => a.StatusCode == HttpStatusCode.OK));
        foreach (var refused in answers.Where(a => a.StatusCode != HttpStatusCode.OK)) await refused.Problem(HttpStatusCode.Conflict, "cart_full");
        var read = await cart.Read();
        Assert.Equal((100, 6), (read.Lines().Count, read.Version()));
        // What is in it can still be changed.
        await (await cart.PutLine(shop.Variants[0], 2)).Ok();
    }

    [Fact]
    public async Task Of_rivals_with_the_same_If_Match_one_wins()
    {
        var cart = await shop.NewCartAsync((shop.Variants[0], 1));
        var answers = await Task.WhenAll(Enumerable.Range(2, 10).Select(n => cart.PutLine(shop.Variants[0], n, "\"1\"")));

        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK);
        foreach (var refused in answers.Where(a => a.StatusCode != HttpStatusCode.OK)) await refused.Problem(HttpStatusCode.PreconditionFailed, "version_mismatch");
    }
}
