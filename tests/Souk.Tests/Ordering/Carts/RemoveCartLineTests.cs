using System.Net;
using Souk.Contracts;
using Souk.Platform.Ids;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Carts;

public sealed class RemoveCartLineTests(CartShop shop) : IClassFixture<CartShop>
{
    [Fact]
    public async Task Takes_the_line_out_once_and_answers_the_cart_every_time()
    {
        var cart = await shop.NewCartAsync((shop.Variants[0], 1), (shop.Variants[1], 2));

        var first = await (await cart.DeleteLine(shop.Variants[0])).Ok();
        Assert.Equal((2, 1998), (first.Version(), first.Amount("total")));
        Assert.Equal([(shop.Variants[1], 2)], first.Lines());
        foreach (var absent in new[] { shop.Variants[0], Id<VariantKind>.New(shop.Clock).ToString() })
            Assert.Equal(first.ToString(), (await (await cart.DeleteLine(absent)).Ok()).ToString());
    }

    [Fact]
    public async Task A_line_that_can_no_longer_be_bought_can_be_taken_out()
    {
        var ended = await shop.NewVariantAsync();
        var cart = await shop.NewCartAsync((ended, 1));
        await shop.TakeOffSaleAsync(ended);

        Assert.Empty((await (await cart.DeleteLine(ended)).Ok()).Lines());
    }

    [Fact]
    public async Task With_If_Match_only_the_version_that_was_read_is_changed()
    {
        var cart = await shop.NewCartAsync((shop.Variants[0], 1));
        await (await cart.PutLine(shop.Variants[0], 2)).Ok();

        await (await cart.DeleteLine(shop.Variants[0], "\"1\"")).Problem(HttpStatusCode.PreconditionFailed, "version_mismatch");
        Assert.Empty((await (await cart.DeleteLine(shop.Variants[0], "\"2\"")).Ok()).Lines());
    }

    [Fact]
    public async Task Rivals_that_fill_and_empty_a_cart_leave_what_the_last_of_them_meant()
    {
        var cart = await shop.NewCartAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(n => n % 2 == 0 ? cart.PutLine(shop.Variants[n % 3], n + 1) : cart.DeleteLine(shop.Variants[n % 3])));

        List<(int Version, string Body)> states = [];
        foreach (var answer in answers)
        {
            var body = await answer.Ok();
            states.Add((body.Version(), string.Join(", ", body.Lines())));
        }
        // One state for each version, and the last is the cart.
        Assert.All(states.GroupBy(s => s.Version), same => Assert.Single(same.Select(s => s.Body).Distinct()));
        var read = await cart.Read();
        Assert.Equal(states.MaxBy(s => s.Version), (read.Version(), string.Join(", ", read.Lines())));
    }
}
