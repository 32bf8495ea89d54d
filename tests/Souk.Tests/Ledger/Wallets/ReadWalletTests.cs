using System.Net;
using Souk.Tests.Identity;

namespace Souk.Tests.Ledger.Wallets;

public sealed class ReadWalletTests(LedgerShop shop) : IClassFixture<LedgerShop>
{
    [Fact]
    public async Task Shows_a_name_that_stays_and_a_balance_for_each_currency()
    {
        var anna = await shop.PersonAsync("anna");
        var ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => shop.WalletIdAsync(anna)));
        Assert.StartsWith("wal_", Assert.Single(ids.Distinct()), StringComparison.Ordinal);
        Assert.NotEqual(ids[0], await shop.WalletIdAsync(await shop.PersonAsync("ben")));

        await shop.TopUpAsync(anna, 2_500, "EUR");
        await shop.TopUpAsync(anna, 100, "USD");
        var wallet = await (await anna.Http.GetAsync("/v1/me/wallet")).Body();
        Assert.Equal(["EUR", "USD"], wallet.GetProperty("balances").EnumerateArray().Select(b => b.Text("currency")));
        Assert.Equal((2_500L, 0L, 2_500L), await shop.BalanceAsync(anna, "EUR"));
    }

    [Fact]
    public async Task Is_for_the_signed_in() => await (await shop.Http.GetAsync("/v1/me/wallet")).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
}
