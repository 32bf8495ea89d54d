using System.Collections.Concurrent;

namespace Souk.Ledger.Wallets;

/// <summary>The names under which customers receive money, made when they are first needed and never changed.</summary>
internal sealed class StoredWallets(NpgsqlDataSource db, TimeProvider clock)
{
    /// <summary>Wallets remembered; then it starts anew.</summary>
    const int RememberedMax = 100_000;

    readonly ConcurrentDictionary<Guid, WalletId> remembered = [];

    /// <summary>The customer's wallet.</summary>
    public async Task<WalletId> OfAsync(Guid customerId, CancellationToken cancel)
    {
        if (remembered.TryGetValue(customerId, out var known)) return known;
        while (true)
        {
            if (await db.QueryFirstAsync(FindOfCustomer, static row => (Guid?)row.GetGuid(0), [customerId], cancel) is { } id)
            {
                if (remembered.Count >= RememberedMax) remembered.Clear();
                return remembered[customerId] = new(id);
            }
            // Of two at once one makes it, and both find that one.
            await db.ExecuteAsync(Make, [customerId, WalletId.New(clock).Value, clock.GetUtcNow()], cancel);
        }
    }

    /// <summary>Whose wallet it is; null for none.</summary>
    public Task<Guid?> CustomerOfAsync(WalletId wallet, CancellationToken cancel) => db.QueryFirstAsync(FindCustomer, static row => (Guid?)row.GetGuid(0), [wallet.Value], cancel);

    const string FindOfCustomer = "SELECT id FROM ledger.wallets WHERE customer_id = $1";

    const string FindCustomer = "SELECT customer_id FROM ledger.wallets WHERE id = $1";

    const string Make = "INSERT INTO ledger.wallets (customer_id, id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
}
