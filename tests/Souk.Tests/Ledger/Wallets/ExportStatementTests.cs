using System.Net;
using Souk.Ledger.Wallets;
using Souk.Tests.Identity;

namespace Souk.Tests.Ledger.Wallets;

public sealed class ExportStatementTests(LedgerShop shop) : IClassFixture<LedgerShop>
{
    [Fact]
    public async Task Is_a_file_of_every_entry_oldest_first()
    {
        var (anna, ben) = (await shop.PersonAsync("anna"), await shop.PersonAsync("ben"));
        var (topUp, to) = (await shop.TopUpAsync(anna, 900, "EUR"), await shop.WalletIdAsync(ben));
        using (await shop.SendMoneyAsync(anna, to, 250, currency: "EUR")) { }
        using var answer = await anna.Http.GetAsync("/v1/me/wallet/statement.csv?currency=EUR");
        Assert.Equal(("text/csv", "statement.csv"), (answer.Content.Headers.ContentType?.MediaType, answer.Content.Headers.ContentDisposition?.FileName));
        var lines = (await answer.Content.ReadAsStringAsync()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(',')).ToList();
        Assert.Equal(["at", "id", "type", "amount", "balance", "currency", "reference"], lines[0]);
        Assert.Equal([["top_up", "900", "900", "EUR", topUp.Text("id")], ["wallet_transfer", "-250", "650", "EUR", to]], lines.Skip(1).Select(l => l[2..]));
        // From an entry on, up to but without it.
        using var later = await anna.Http.GetAsync($"/v1/me/wallet/statement.csv?currency=EUR&from={lines[2][0]}");
        Assert.Equal(2, (await later.Content.ReadAsStringAsync()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        using var earlier = await anna.Http.GetAsync($"/v1/me/wallet/statement.csv?currency=EUR&to={lines[2][0]}");
        Assert.Contains("top_up", await earlier.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("from=yesterday", "time_invalid")]
    [InlineData("currency=x", "currency_unknown")]
    public async Task What_it_cannot_read_it_refuses(string query, string code) =>
        await (await (await shop.PersonAsync("anna")).Http.GetAsync($"/v1/me/wallet/statement.csv?{query}")).Problem(HttpStatusCode.BadRequest, code);

    [Theory]
    [InlineData("2026-11-01T00:00:00Z", 0)]
    [InlineData("2026-11-01T02:00:00+02:00", 0)]
    [InlineData("2026-11-01", 0)]
    public void A_time_without_a_zone_is_in_UTC(string text, int hour)
    {
        Assert.True(ExportStatement.TryRead(text, out var time));
        Assert.Equal(new DateTimeOffset(2026, 11, 1, hour, 0, 0, TimeSpan.Zero), time);
    }
}
