using System.Net;
using Souk.Tests.Identity;

namespace Souk.Tests.Ledger.Accounts;

public sealed class ListLedgerAccountsTests(LedgerShop shop) : IClassFixture<LedgerShop>
{
    [Fact]
    public async Task Shows_all_those_of_a_kind_and_those_of_a_customer_page_by_page()
    {
        var anna = await shop.PersonAsync("anna");
        await shop.TopUpAsync(anna, 10, "EUR");
        await shop.TopUpAsync(anna, 20, "USD");
        var hers = (await (await shop.Staff.GetAsync($"/v1/admin/ledger/accounts?customerId={anna.Id}")).Body()).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal([("EUR", 10L), ("USD", 20L)], hers.Select(a => (a.Text("currency"), a.GetProperty("balance").GetInt64())).Order());
        Assert.All(hers, a => Assert.Equal(("wallet", "credits", anna.Id), (a.Text("kind"), a.Text("limitedBy"), a.Text("customerId"))));

        var clearing = (await (await shop.Staff.GetAsync("/v1/admin/ledger/accounts?kind=clearing")).Body()).GetProperty("items").EnumerateArray().ToList();
        Assert.All(clearing, a => Assert.Equal(("clearing", "debits"), (a.Text("kind"), a.Text("limitedBy"))));
        var (ids, path) = (new List<string>(), "/v1/admin/ledger/accounts?limit=1");
        while (path is not null)
        {
            var page = await (await shop.Staff.GetAsync(path)).Body();
            ids.AddRange(page.GetProperty("items").EnumerateArray().Select(a => a.Text("id")));
            path = page.TryGetProperty("nextCursor", out var next) ? $"/v1/admin/ledger/accounts?limit=1&cursor={next.GetString()}" : null;
        }
        Assert.Equal(await shop.ScalarAsync<long>("SELECT count(*) FROM ledger.accounts"), ids.Distinct().Count());
        Assert.Equal(ids.Order(StringComparer.Ordinal), ids);
    }

    [Fact]
    public async Task Is_for_staff_and_knows_its_kinds()
    {
        await (await (await shop.PersonAsync("anna")).Http.GetAsync("/v1/admin/ledger/accounts")).Problem(HttpStatusCode.Forbidden, "not_allowed");
        await (await shop.Staff.GetAsync("/v1/admin/ledger/accounts?kind=purse")).Problem(HttpStatusCode.BadRequest, "ledger_account_kind_unknown");
    }
}
