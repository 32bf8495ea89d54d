using System.Net;
using Souk.Payments.TopUps;
using Souk.Platform.Money;
using Souk.Tests.Identity;
using Souk.Tests.Ledger;
using Souk.Tests.Ordering;

namespace Souk.Tests.Payments.TopUps;

public sealed class TopUpWalletTests(LedgerShop shop) : IClassFixture<LedgerShop>
{
    [Fact]
    public async Task Puts_the_money_into_the_wallet_once_however_often_it_is_sent()
    {
        var (anna, key) = (await shop.PersonAsync("anna"), OrderingShop.NewKey());
        var tops = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => shop.TopUpAsync(anna, 500, "EUR", key: key)));
        Assert.Single(tops.Select(t => t.Text("id")).Distinct());
        // Whoever came while the first was under way may have seen it pending; asked again it is captured.
        Assert.Equal("captured", (await shop.TopUpAsync(anna, 500, "EUR", key: key)).Text("status"));
        Assert.Equal((500L, 0L, 500L), await shop.BalanceAsync(anna, "EUR"));
        Assert.Equal(1L, await shop.ScalarAsync<long>($"SELECT count(*) FROM payments.sandbox_charges WHERE currency = 'EUR' AND amount = 500"));
        using var other = await SendAsync(anna, new { amount = new { amount = 501, currency = "EUR" }, method = "sandbox" }, key);
        await other.Problem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
    }

    [Fact]
    public async Task A_declined_card_puts_nothing_in()
    {
        var anna = await shop.PersonAsync("anna");
        Assert.Equal("declined", (await shop.TopUpAsync(anna, 500, "GBP", "tok_declined")).Text("status"));
        Assert.Equal((0L, 0L, 0L), await shop.BalanceAsync(anna, "GBP"));
    }

    [Fact]
    public async Task A_wallet_is_filled_by_a_method_of_the_shop_and_not_by_itself()
    {
        var anna = await shop.PersonAsync("anna");
        foreach (var method in new[] { "wallet", "stripe" })
        {
            using var answer = await SendAsync(anna, new { amount = new { amount = 5, currency = "EUR" }, method });
            var problem = await answer.Problem(HttpStatusCode.UnprocessableEntity, "payment_method_unavailable");
            Assert.Equal(["sandbox"], problem.GetProperty("methods").EnumerateArray().Select(m => m.GetString()));
        }
        using var keyless = await shop.PostAsync("/v1/me/wallet/top-ups", new { amount = new { amount = 5, currency = "EUR" }, method = "sandbox" }, null, anna.Http);
        await keyless.Problem(HttpStatusCode.BadRequest, "idempotency_key_required");
        using var nobody = await shop.PostAsync("/v1/me/wallet/top-ups", new { amount = new { amount = 5, currency = "EUR" }, method = "sandbox" }, OrderingShop.NewKey());
        await nobody.Problem(HttpStatusCode.Unauthorized, "not_signed_in");
    }

    [Theory]
    [InlineData(0L, "USD", "sandbox", null, "/amount/amount")]
    [InlineData(100_000_001L, "USD", "sandbox", null, "/amount/amount")]
    [InlineData(5L, "dollars", "sandbox", null, "/amount/currency")]
    [InlineData(null, null, null, "two words", "/amount /method /token")]
    [InlineData(5L, "USD", "sandbox", "tok_ok", "")]
    public void What_is_wrong_is_told_at_once(long? amount, string? currency, string? method, string? token, string pointers) => Assert.Equal(pointers,
        string.Join(' ', TopUpWallet.Refuse(new(amount is { } a ? new Money(a, currency!) : null, method, token))?.Members.Select(m => m.Pointer) ?? []));

    Task<HttpResponseMessage> SendAsync(Person person, object body, string? key = null) => shop.PostAsync("/v1/me/wallet/top-ups", body, key ?? OrderingShop.NewKey(), person.Http);
}
