using System.Net;
using Souk.Ledger.Accounts;
using Souk.Tests.Identity;

namespace Souk.Tests.Ledger.Accounts;

public sealed class ReadTrialBalanceTests(LedgerShop shop) : IClassFixture<LedgerShop>
{
    [Fact]
    public async Task Debits_equal_credits_in_every_currency()
    {
        var (anna, ben) = (await shop.PersonAsync("anna"), await shop.PersonAsync("ben"));
        await shop.TopUpAsync(anna, 900, "EUR");
        await shop.TopUpAsync(ben, 70, "GBP");
        using (await shop.SendMoneyAsync(anna, await shop.WalletIdAsync(ben), 250, currency: "EUR")) { }
        var currencies = (await (await shop.Staff.GetAsync("/v1/admin/ledger/trial-balance")).Body()).GetProperty("currencies").EnumerateArray().ToDictionary(c => c.Text("currency"));
        Assert.All(currencies.Values, c => Assert.True(c.GetProperty("isBalanced").GetBoolean()));
        Assert.Equal([("clearing", "sandbox", 1L, 900L, 0L), ("wallet", "customers", 2L, 250L, 1_150L)], currencies["EUR"].GetProperty("kinds").EnumerateArray().Select(k =>
            (k.Text("kind"), k.Text("name"), k.GetProperty("accounts").GetInt64(), k.GetProperty("debitsPosted").GetInt64(), k.GetProperty("creditsPosted").GetInt64())));
        await shop.ProveBooksAsync();
    }

    [Fact]
    public async Task Is_for_staff() => await (await (await shop.PersonAsync("anna")).Http.GetAsync("/v1/admin/ledger/trial-balance")).Problem(HttpStatusCode.Forbidden, "not_allowed");

    [Theory]
    [InlineData(5, 5, 1, 1, true)]
    [InlineData(5, 4, 1, 1, false)]
    [InlineData(5, 5, 1, 2, false)]
    public void Says_when_it_is_not(long debits, long credits, long debitsPending, long creditsPending, bool isBalanced) => Assert.Equal(isBalanced, ReadTrialBalance.Of("USD",
        [new(AccountPurpose.Wallet, "customers", 1, debits, 0, debitsPending, 0), new(AccountPurpose.Revenue, "shop", 1, 0, credits, 0, creditsPending)]).IsBalanced);
}
