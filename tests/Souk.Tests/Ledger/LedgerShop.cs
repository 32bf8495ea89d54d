using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Souk.Contracts;
using Souk.Ledger.Accounts;
using Souk.Ledger.Transfers;
using Souk.Platform.Ids;
using Souk.Tests.Identity;
using Souk.Tests.Ordering;

namespace Souk.Tests.Ledger;

/// <summary>A shop for tests of the ledger: shoppers with wallets, and accounts that belong to nobody else. Its jobs run when a test says so, but for those of one class.</summary>
public class LedgerShop(TestPostgres postgres) : OrderingShop(postgres)
{
    readonly SemaphoreSlim signing = new(1);
    readonly Dictionary<string, Person> people = [];

    protected override void Configure(WebApplicationBuilder builder) => builder.Configuration["Payments:Methods"] = "sandbox,wallet";

    internal WriteTransfers Write => App.Services.GetRequiredService<WriteTransfers>();

    /// <summary>Someone of this name, the same whenever asked for: signing up is slow.</summary>
    public async Task<Person> PersonAsync(string name)
    {
        await signing.WaitAsync();
        try
        {
            return people.TryGetValue(name, out var known) ? known : people[name] = await this.NewPerson();
        }
        finally
        {
            signing.Release();
        }
    }

    /// <summary>An account of the engine's own, which no route uses.</summary>
    internal async Task<Guid> NewAccountAsync(AccountLimit limit = AccountLimit.None, string currency = "USD", long credit = 0)
    {
        var account = limit switch
        {
            AccountLimit.None => LedgerAccount.OfShop(AccountPurpose.Revenue, currency) with { Name = $"{Guid.NewGuid():n}" },
            AccountLimit.Credits => LedgerAccount.WalletOf(Guid.NewGuid(), new(Guid.NewGuid()), currency),
            _ => LedgerAccount.ClearingOf($"{Guid.NewGuid():n}", currency),
        };
        account = new(account.Kind, account.Name, account.Currency, account.CustomerId);   // its id follows from its name
        await App.Services.GetRequiredService<OpenAccounts>().OpenAsync([account], CancellationToken.None);
        if (credit > 0) Assert.Equal(TransferResult.Ok, (await Write.RunOneAsync(NewTransfer(await NewAccountAsync(currency: currency), account.Id, credit, currency))).Result);
        return account.Id;
    }

    internal static NewTransfer NewTransfer(Guid from, Guid to, long amount, string currency = "USD") => new(Guid.CreateVersion7(), from, to, amount, currency, "test");

    /// <summary>Debits pending and posted, credits pending and posted.</summary>
    public async Task<(long, long, long, long)> CountersAsync(Guid account)
    {
        await using var command = Db.CreateCommand("SELECT debits_pending, debits_posted, credits_pending, credits_posted FROM ledger.accounts WHERE id = $1");
        command.Parameters.Add(new() { Value = account });
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        return (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3));
    }

    /// <summary>Whatever was done: debits equal credits, every counter is the sum of its transfers, every balance after a transfer is what was before and the transfer.</summary>
    public async Task ProveBooksAsync()
    {
        Assert.Equal((0L, 0L), (await ScalarAsync<long>("SELECT coalesce(sum(debits_posted - credits_posted), 0)::bigint FROM ledger.accounts"),
            await ScalarAsync<long>("SELECT coalesce(sum(debits_pending - credits_pending), 0)::bigint FROM ledger.accounts")));
        Assert.Equal(0L, await ScalarAsync<long>("""
            WITH entries AS (
                SELECT debit_account_id AS account, CASE WHEN phase IN ('single', 'post') THEN amount ELSE 0 END AS debit, 0 AS credit,
                       CASE WHEN phase = 'pending' THEN amount ELSE -coalesce(pending_amount, 0) END AS debit_pending, 0 AS credit_pending, debit_balance AS balance, created_at
                FROM ledger.transfers
                UNION ALL
                SELECT credit_account_id, 0, CASE WHEN phase IN ('single', 'post') THEN amount ELSE 0 END, 0,
                       CASE WHEN phase = 'pending' THEN amount ELSE -coalesce(pending_amount, 0) END, credit_balance, created_at
                FROM ledger.transfers
            ), sums AS (
                SELECT account, sum(debit) AS debits, sum(credit) AS credits, sum(debit_pending) AS debits_pending, sum(credit_pending) AS credits_pending,
                       max(created_at) AS last_at FROM entries GROUP BY account
            ), running AS (
                SELECT balance - sum(credit - debit) OVER (PARTITION BY account ORDER BY created_at) AS wrong FROM entries
            )
            SELECT (SELECT count(*) FROM ledger.accounts a LEFT JOIN sums s ON s.account = a.id
                    WHERE (a.debits_posted, a.credits_posted, a.debits_pending, a.credits_pending)
                        IS DISTINCT FROM (coalesce(s.debits, 0), coalesce(s.credits, 0), coalesce(s.debits_pending, 0), coalesce(s.credits_pending, 0)) OR s.last_at > a.last_at)
                 + (SELECT count(*) FROM running WHERE wrong <> 0)
                 + (SELECT count(*) FROM sums s WHERE NOT EXISTS (SELECT FROM ledger.accounts a WHERE a.id = s.account))
            """));
    }

    public async Task<JsonElement> TopUpAsync(Person person, long amount, string currency = "USD", string? token = null, string? key = null)
    {
        using var answer = await PostAsync("/v1/me/wallet/top-ups", new { amount = new { amount, currency }, method = "sandbox", token }, key ?? NewKey(), person.Http);
        Assert.True(answer.StatusCode == System.Net.HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return await answer.Body();
    }

    public async Task<string> WalletIdAsync(Person person) => (await (await person.Http.GetAsync("/v1/me/wallet")).Body()).Text("id");

    /// <summary>Balance, held and available of one currency; zeros for one the wallet never held.</summary>
    public async Task<(long Balance, long Held, long Available)> BalanceAsync(Person person, string currency = "USD")
    {
        var wallet = await (await person.Http.GetAsync("/v1/me/wallet")).Body();
        var found = wallet.GetProperty("balances").EnumerateArray().FirstOrDefault(b => b.Text("currency") == currency);
        return found.ValueKind == JsonValueKind.Undefined ? (0, 0, 0) : (Of("balance"), Of("held"), Of("available"));

        long Of(string member) => found.GetProperty(member).GetProperty("amount").GetInt64();
    }

    public Task<HttpResponseMessage> SendMoneyAsync(Person from, string to, long amount, string? key = null, string currency = "USD") =>
        PostAsync("/v1/me/wallet/transfers", new { to, amount = new { amount, currency } }, key ?? NewKey(), from.Http);

    public static Guid CustomerOf(Person person) => Id<AccountKind>.TryRead(person.Id, out var id) ? id.Value : throw new ArgumentException(person.Id);
}
