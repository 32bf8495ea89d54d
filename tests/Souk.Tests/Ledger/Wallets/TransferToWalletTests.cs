using System.Net;
using Souk.Ledger.Wallets;
using Souk.Platform.Ids;
using Souk.Platform.Money;
using Souk.Tests.Identity;
using Souk.Tests.Ordering;

namespace Souk.Tests.Ledger.Wallets;

public sealed class TransferToWalletTests(LedgerShop shop) : IClassFixture<LedgerShop>
{
    [Fact]
    public async Task Two_hundred_transfers_at_once_from_a_wallet_with_money_for_fifty_send_fifty()
    {
        var (anna, ben) = (await shop.PersonAsync("anna"), await shop.PersonAsync("ben"));
        var (to, before) = (await shop.WalletIdAsync(ben), await shop.BalanceAsync(ben, "CHF"));
        await shop.TopUpAsync(anna, 50 * 7, "CHF");
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => shop.SendMoneyAsync(anna, to, 7, currency: "CHF")));
        Assert.Equal(50, answers.Count(a => a.StatusCode == HttpStatusCode.Created));
        foreach (var no in answers.Where(a => a.StatusCode != HttpStatusCode.Created)) await no.Problem(HttpStatusCode.Conflict, "insufficient_balance");
        Assert.Equal(((0L, 0L, 0L), before.Balance + 350), (await shop.BalanceAsync(anna, "CHF"), (await shop.BalanceAsync(ben, "CHF")).Balance));
        await shop.ProveBooksAsync();
    }

    [Fact]
    public async Task The_same_key_sends_once_and_another_request_under_it_is_refused()
    {
        var (anna, ben, key) = (await shop.PersonAsync("anna"), await shop.PersonAsync("ben"), OrderingShop.NewKey());
        var to = await shop.WalletIdAsync(ben);
        await shop.TopUpAsync(anna, 1_000, "NOK");
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => shop.SendMoneyAsync(anna, to, 400, key, "NOK")));
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.Created, a.StatusCode));
        var bodies = await Task.WhenAll(answers.Select(async a => (await a.Body()).GetRawText()));
        Assert.Single(bodies.Distinct());
        Assert.Equal(19, answers.Count(a => a.Headers.Contains("Idempotent-Replayed")));
        Assert.Equal((600L, 0L, 600L), await shop.BalanceAsync(anna, "NOK"));

        using var other = await shop.SendMoneyAsync(anna, to, 401, key, "NOK");
        await other.Problem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        // Ben's keys are his own.
        using var his = await shop.SendMoneyAsync(ben, await shop.WalletIdAsync(anna), 100, key, "NOK");
        Assert.Equal(HttpStatusCode.Created, his.StatusCode);
    }

    [Fact]
    public async Task Who_has_a_wallet_is_known_by_its_id_alone()
    {
        var (anna, ben) = (await shop.PersonAsync("anna"), await shop.PersonAsync("ben"));
        await shop.TopUpAsync(anna, 100, "SEK");
        using (var answer = await shop.SendMoneyAsync(anna, Id<Souk.Contracts.WalletKind>.New(shop.Clock).ToString(), 10, currency: "SEK"))
            await answer.Problem(HttpStatusCode.NotFound, "wallet_not_found");
        foreach (var other in new[] { ben.Email, ben.Id })
            using (var answer = await shop.SendMoneyAsync(anna, other, 10, currency: "SEK")) await answer.Problem(HttpStatusCode.BadRequest, "json_malformed");
        using var own = await shop.SendMoneyAsync(anna, await shop.WalletIdAsync(anna), 10, currency: "SEK");
        Assert.Equal("/to", (await own.Problem(HttpStatusCode.UnprocessableEntity, "validation_failed")).GetProperty("errors").EnumerateObject().Single().Name);
        // What one has in another currency does not count.
        using var dollars = await shop.SendMoneyAsync(anna, await shop.WalletIdAsync(ben), 10, currency: "DKK");
        Assert.Equal(0, (await dollars.Problem(HttpStatusCode.Conflict, "insufficient_balance")).GetProperty("available").GetProperty("amount").GetInt64());
    }

    [Fact]
    public async Task Needs_a_key_and_a_sign_in()
    {
        var anna = await shop.PersonAsync("anna");
        var body = new { to = await shop.WalletIdAsync(anna), amount = new { amount = 1, currency = "USD" } };
        using var keyless = await shop.PostAsync("/v1/me/wallet/transfers", body, null, anna.Http);
        await keyless.Problem(HttpStatusCode.BadRequest, "idempotency_key_required");
        using var nobody = await shop.PostAsync("/v1/me/wallet/transfers", body, OrderingShop.NewKey());
        await nobody.Problem(HttpStatusCode.Unauthorized, "not_signed_in");
    }

    public static TheoryData<string, long?, string?, string> Bad() => new()
    {
        { "wal", 1, "USD", "" }, { "", 1, "USD", "/to" }, { "wal", 0, "USD", "/amount" }, { "wal", -5, "USD", "/amount" }, { "wal", 9_007_199_254_740_992, "USD", "/amount" },
        { "wal", 1, "usd", "/amount" }, { "wal", 1, "ZZZ", "/amount" }, { "wal", null, null, "/amount" }, { "", null, null, "/to /amount" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void What_is_wrong_is_told_at_once(string to, long? amount, string? currency, string pointers) => Assert.Equal(pointers, string.Join(' ',
        TransferToWallet.Refuse(new(to == "" ? null : new(Guid.NewGuid()), amount is { } a ? new Money(a, currency!) : null))?.Members.Select(m => m.Pointer) ?? []));
}
