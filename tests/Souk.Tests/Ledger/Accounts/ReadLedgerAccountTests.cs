using System.Globalization;
using System.Net;
using Souk.Ledger.Accounts;
using Souk.Ledger.Transfers;
using Souk.Platform.Ids;
using Souk.Tests.Identity;

namespace Souk.Tests.Ledger.Accounts;

public sealed class ReadLedgerAccountTests(LedgerShop shop) : IClassFixture<LedgerShop>
{
    [Fact]
    public async Task Shows_an_account_as_it_was_at_any_moment()
    {
        var (wallet, house) = (await shop.NewAccountAsync(AccountLimit.Credits), await shop.NewAccountAsync());
        var pending = LedgerShop.NewTransfer(wallet, house, 30) with { Phase = TransferPhase.Pending };
        NewTransfer[] steps = [LedgerShop.NewTransfer(house, wallet, 100), pending, LedgerShop.NewTransfer(wallet, house, 20), NewTransfer.Ending(Guid.NewGuid(), pending.Id, TransferPhase.Post, 25)];
        var times = new List<DateTimeOffset>();
        foreach (var step in steps) times.Add((await shop.Write.RunOneAsync(step)).Transfer!.CreatedAt);

        // Credits posted, debits posted, debits pending after each, and a microsecond before the first.
        (long, long, long)[] after = [(0, 0, 0), (100, 0, 0), (100, 0, 30), (100, 20, 30), (100, 45, 0)];
        Assert.Equal(after[0], await AtAsync(wallet, times[0].AddMicroseconds(-1)));
        for (var i = 0; i < steps.Length; i++) Assert.Equal(after[i + 1], await AtAsync(wallet, times[i]));
        Assert.Equal(after[^1], await AtAsync(wallet, null));
    }

    [Fact]
    public async Task What_there_was_not_is_not_found()
    {
        var account = await shop.NewAccountAsync();
        await (await shop.Staff.GetAsync($"{Path(account)}?at=2020-01-01T00:00:00Z")).Problem(HttpStatusCode.NotFound, "ledger_account_not_found");
        await (await shop.Staff.GetAsync(Path(Guid.NewGuid()))).Problem(HttpStatusCode.NotFound, "ledger_account_not_found");
        await (await shop.Staff.GetAsync($"{Path(account)}?at=noon")).Problem(HttpStatusCode.BadRequest, "time_invalid");
        await (await (await shop.PersonAsync("anna")).Http.GetAsync(Path(account))).Problem(HttpStatusCode.Forbidden, "not_allowed");
    }

    static string Path(Guid account) => $"/v1/admin/ledger/accounts/{new Id<Souk.Contracts.LedgerAccountKind>(account)}";

    async Task<(long, long, long)> AtAsync(Guid account, DateTimeOffset? at)
    {
        var time = at?.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        var shown = await (await shop.Staff.GetAsync(time is null ? Path(account) : $"{Path(account)}?at={time}")).Body();
        return (shown.GetProperty("creditsPosted").GetInt64(), shown.GetProperty("debitsPosted").GetInt64(), shown.GetProperty("debitsPending").GetInt64());
    }
}
