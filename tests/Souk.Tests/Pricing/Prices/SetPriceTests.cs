using System.Net;
using System.Net.Http.Json;
using Souk.Tests.Identity;

namespace Souk.Tests.Pricing.Prices;

public sealed class SetPriceTests(PricingShop shop) : IClassFixture<PricingShop>
{
    [Fact]
    public async Task Staff_change_a_price_they_have_read_and_it_is_told()
    {
        var variant = await shop.PricedAsync(1000);

        using var answer = await PutAsync(variant.ToString(), "\"1\"", new { amount = 1200, currency = "USD" });

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("\"2\"", answer.Headers.ETag!.Tag);
        var body = await answer.Body();
        Assert.Equal((variant.ToString(), 2), (body.Text("variantId"), body.GetProperty("version").GetInt32()));
        Assert.Equal(1200, body.GetProperty("prices")[0].GetProperty("amount").GetInt32());
        Assert.Equal([(1, 1000, "USD"), (2, 1200, "USD")], await shop.ToldAsync(variant));
    }

    [Fact]
    public async Task Prices_in_other_currencies_stay()
    {
        var variant = await shop.PricedAsync(1000);
        using var answer = await PutAsync(variant.ToString(), "\"1\"", new { amount = 900, currency = "EUR" });
        Assert.Equal([("EUR", 900), ("USD", 1000)],
            (await answer.Body()).GetProperty("prices").EnumerateArray().Select(p => (p.Text("currency"), p.GetProperty("amount").GetInt32())));
    }

    [Fact]
    public async Task The_same_price_again_is_no_change()
    {
        var variant = await shop.PricedAsync(1000);
        using var answer = await PutAsync(variant.ToString(), "\"1\"", new { amount = 1000, currency = "USD" });
        Assert.Equal("\"1\"", answer.Headers.ETag!.Tag);
        Assert.Single(await shop.ToldAsync(variant));
    }

    [Fact]
    public async Task Two_who_read_the_same_version_do_not_overwrite_each_other()
    {
        var variant = await shop.PricedAsync(1000);
        var answers = await Task.WhenAll(Enumerable.Range(1, 8).Select(i => PutAsync(variant.ToString(), "\"1\"", new { amount = 1000 + i, currency = "USD" })));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK);
        foreach (var late in answers.Where(a => a.StatusCode != HttpStatusCode.OK)) Assert.Equal("version_mismatch", await late.Code());
    }

    [Theory]
    [InlineData(null, """{"amount": 1, "currency": "USD"}""", 428, "precondition_required")]
    [InlineData("\"9\"", """{"amount": 1, "currency": "USD"}""", 412, "version_mismatch")]
    [InlineData("\"1\"", """{"amount": -1, "currency": "USD"}""", 422, "validation_failed")]
    [InlineData("\"1\"", """{"amount": 9007199254740992, "currency": "USD"}""", 422, "validation_failed")]
    [InlineData("\"1\"", """{"amount": 1, "currency": "usd"}""", 422, "validation_failed")]
    [InlineData("\"1\"", "{}", 422, "validation_failed")]
    [InlineData("\"1\"", """{"amount": 1.5, "currency": "USD"}""", 400, "json_malformed")]
    [InlineData("\"1\"", """{"amount": 1, "currency": "USD", "tax": 1}""", 400, "unknown_member")]
    public async Task Refuses(string? ifMatch, string body, int status, string code)
    {
        var variant = await shop.PricedAsync(1000);
        using var answer = await SendAsync(variant.ToString(), ifMatch, new StringContent(body, System.Text.Encoding.UTF8, "application/json"), shop.Staff);
        Assert.Equal((status, code), ((int)answer.StatusCode, await answer.Code()));
        Assert.Single(await shop.ToldAsync(variant));
    }

    [Theory]
    [InlineData("var_00000000000000000000000001")]
    [InlineData("prod_00000000000000000000000001")]
    [InlineData("x")]
    public async Task Knows_no_price_of_what_has_none(string variant)
    {
        using var answer = await PutAsync(variant, "\"1\"", new { amount = 1, currency = "USD" });
        Assert.Equal((404, "price_not_found"), ((int)answer.StatusCode, await answer.Code()));
    }

    [Fact]
    public async Task Is_for_staff_alone()
    {
        var variant = (await shop.PricedAsync(1)).ToString();
        var shopper = await shop.NewPerson();
        foreach (var (http, status) in new[] { (shop.Http, HttpStatusCode.Unauthorized), (shopper.Http, HttpStatusCode.Forbidden) })
        {
            using var answer = await SendAsync(variant, "\"1\"", JsonContent.Create(new { amount = 2, currency = "USD" }), http);
            Assert.Equal(status, answer.StatusCode);
        }
    }

    Task<HttpResponseMessage> PutAsync(string variant, string? ifMatch, object body) => SendAsync(variant, ifMatch, JsonContent.Create(body), shop.Staff);

    static async Task<HttpResponseMessage> SendAsync(string variant, string? ifMatch, HttpContent body, HttpClient http)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/v1/admin/prices/{variant}") { Content = body };
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        return await http.SendAsync(request);
    }
}
