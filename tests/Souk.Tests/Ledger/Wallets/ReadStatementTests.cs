using System.Net;
using System.Text.Json;
using Souk.Tests.Identity;

namespace Souk.Tests.Ledger.Wallets;

public sealed class ReadStatementTests(LedgerShop shop) : IClassFixture<LedgerShop>
{
    [Fact]
    public async Task Shows_what_came_and_went_newest_first_with_the_balance_after_each()
    {
        var (anna, ben) = (await shop.PersonAsync("anna"), await shop.PersonAsync("ben"));
        var (hers, his) = (await shop.WalletIdAsync(anna), await shop.WalletIdAsync(ben));
        var topUp = await shop.TopUpAsync(anna, 1_000, "PLN");
        for (var i = 1; i <= 4; i++)
            using (var sent = await shop.SendMoneyAsync(anna, his, 100 * i, currency: "PLN")) Assert.Equal(HttpStatusCode.Created, sent.StatusCode);
        using (await shop.SendMoneyAsync(ben, hers, 50, currency: "PLN")) { }

        var (entries, path) = (new List<JsonElement>(), "/v1/me/wallet/statement?currency=PLN&limit=2");
        while (path is not null)
        {
            var page = await (await anna.Http.GetAsync(path)).Body();
            entries.AddRange(page.GetProperty("items").EnumerateArray());
            path = page.TryGetProperty("nextCursor", out var next) ? $"/v1/me/wallet/statement?currency=PLN&limit=2&cursor={next.GetString()}" : null;
        }
        Assert.Equal([50, -400, -300, -200, -100, 1_000], entries.Select(e => e.GetProperty("amount").GetProperty("amount").GetInt64()));
        Assert.Equal([50, 0, 400, 700, 900, 1_000], entries.Select(e => e.GetProperty("balance").GetProperty("amount").GetInt64()));
        Assert.Equal([his, his, his, his, his, topUp.Text("id")], entries.Select(e => e.Text("reference")));
        Assert.Equal("wallet_transfer top_up", string.Join(' ', entries.Select(e => e.Text("type")).Distinct()));
        // Back from the second page to the first.
        var first = await (await anna.Http.GetAsync("/v1/me/wallet/statement?currency=PLN&limit=2")).Body();
        var second = await (await anna.Http.GetAsync($"/v1/me/wallet/statement?currency=PLN&limit=2&cursor={first.Text("nextCursor")}")).Body();
        var back = await (await anna.Http.GetAsync($"/v1/me/wallet/statement?currency=PLN&limit=2&cursor={second.Text("previousCursor")}")).Body();
        Assert.Equal(first.GetProperty("items").GetRawText(), back.GetProperty("items").GetRawText());
        // Another's list does not open with it, and his own shows his side.
        using var stranger = await ben.Http.GetAsync($"/v1/me/wallet/statement?currency=PLN&limit=2&cursor={first.Text("nextCursor")}");
        await stranger.Problem(HttpStatusCode.BadRequest, "cursor_invalid");
        Assert.Equal(-50, (await (await ben.Http.GetAsync("/v1/me/wallet/statement?currency=PLN")).Body()).GetProperty("items")[0].GetProperty("amount").GetProperty("amount").GetInt64());
    }

    [Theory]
    [InlineData("currency=pln", "currency_unknown")]
    [InlineData("colour=red", "query_unknown")]
    [InlineData("limit=0", "limit_invalid")]
    public async Task What_it_cannot_read_it_refuses(string query, string code) =>
        await (await (await shop.PersonAsync("anna")).Http.GetAsync($"/v1/me/wallet/statement?{query}")).Problem(HttpStatusCode.BadRequest, code);

    [Fact]
    public async Task Of_an_empty_wallet_is_empty() =>
        Assert.Empty((await (await (await shop.PersonAsync("ben")).Http.GetAsync("/v1/me/wallet/statement?currency=JPY")).Body()).GetProperty("items").EnumerateArray());
}
