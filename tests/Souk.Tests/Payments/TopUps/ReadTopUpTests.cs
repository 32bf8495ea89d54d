using System.Net;
using Souk.Tests.Identity;
using Souk.Tests.Ledger;

namespace Souk.Tests.Payments.TopUps;

public sealed class ReadTopUpTests(LedgerShop shop) : IClassFixture<LedgerShop>
{
    [Fact]
    public async Task Shows_ones_own_and_no_other()
    {
        var (anna, ben) = (await shop.PersonAsync("anna"), await shop.PersonAsync("ben"));
        var made = await shop.TopUpAsync(anna, 500, "EUR");
        using var read = await anna.Http.GetAsync($"/v1/me/wallet/top-ups/{made.Text("id")}");
        Assert.Equal((HttpStatusCode.OK, made.GetRawText()), (read.StatusCode, (await read.Body()).GetRawText()));
        foreach (var path in new[] { made.Text("id"), "topup_x" })
            await (await ben.Http.GetAsync($"/v1/me/wallet/top-ups/{path}")).Problem(HttpStatusCode.NotFound, "top_up_not_found");
    }
}
