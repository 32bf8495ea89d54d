using System.Net;
using Souk.Ledger.Accounts;
using Souk.Ledger.Transfers;
using Souk.Platform.Ids;
using Souk.Tests.Identity;

namespace Souk.Tests.Ledger.Transfers;

public sealed class ListLedgerTransfersTests(LedgerShop shop) : IClassFixture<LedgerShop>
{
    [Fact]
    public async Task Shows_both_sides_of_an_account_newest_first()
    {
        var (wallet, house) = (await shop.NewAccountAsync(AccountLimit.Credits), await shop.NewAccountAsync());
        var pending = LedgerShop.NewTransfer(wallet, house, 30) with { Phase = TransferPhase.Pending, TimeoutSeconds = 3_600 };
        foreach (var step in new[] { LedgerShop.NewTransfer(house, wallet, 100), pending, NewTransfer.Ending(Guid.NewGuid(), pending.Id, TransferPhase.Void) })
            Assert.Equal(TransferResult.Ok, (await shop.Write.RunOneAsync(step)).Result);

        var path = $"/v1/admin/ledger/accounts/{new Id<Souk.Contracts.LedgerAccountKind>(wallet)}/transfers";
        var first = await (await shop.Staff.GetAsync($"{path}?limit=2")).Body();
        var second = await (await shop.Staff.GetAsync($"{path}?limit=2&cursor={first.Text("nextCursor")}")).Body();
        var items = first.GetProperty("items").EnumerateArray().Concat(second.GetProperty("items").EnumerateArray()).ToList();
        Assert.Equal(["void", "pending", "single"], items.Select(t => t.Text("phase")));
        Assert.Equal(items[1].Text("id"), items[0].Text("pendingId"));
        Assert.Equal((3_600, 100), (items[1].GetProperty("timeoutSeconds").GetInt32(), items[2].GetProperty("creditBalance").GetInt64()));
    }

    [Fact]
    public async Task Is_for_staff_and_for_accounts_there_are()
    {
        var path = $"/v1/admin/ledger/accounts/{new Id<Souk.Contracts.LedgerAccountKind>(Guid.NewGuid())}/transfers";
        await (await shop.Staff.GetAsync(path)).Problem(HttpStatusCode.NotFound, "ledger_account_not_found");
        await (await (await shop.PersonAsync("anna")).Http.GetAsync(path)).Problem(HttpStatusCode.Forbidden, "not_allowed");
    }
}
