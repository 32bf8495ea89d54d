using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Souk.Ledger.Accounts;

/// <summary>What an account is for.</summary>
internal enum AccountPurpose { Wallet, Clearing, Revenue, Shipping, Tax }

/// <summary>What bounds an account.</summary>
internal enum AccountLimit
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Debits must not exceed credits: it spends what it has, held amounts included.</summary>
    Credits,

    /// <summary>Credits must not exceed debits: it receives what it is owed.</summary>
    Debits,
}

/// <summary>An account as the engine counts it, at one moment under its lock.</summary>
/// <param name="LastAt">Of its last transfer: the next one is later.</param>
internal sealed record AccountState(Guid Id, string Currency, AccountLimit Limit, long DebitsPending, long DebitsPosted, long CreditsPending, long CreditsPosted, DateTimeOffset LastAt)
{
    /// <summary>Credits posted less debits posted.</summary>
    public long Balance => CreditsPosted - DebitsPosted;

    public const string Columns = "a.id, a.currency, a.limited_by, a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted, a.last_at";

    /// <summary>Reads <see cref="Columns"/>.</summary>
    public static AccountState Read(NpgsqlDataReader row) => new(row.GetGuid(0), row.GetString(1), LedgerAccount.LimitOf(row.GetString(2)), row.GetInt64(3), row.GetInt64(4),
        row.GetInt64(5), row.GetInt64(6), row.GetFieldValue<DateTimeOffset>(7));
}

/// <summary>Which account is meant; its id follows from kind, name and currency, so that nodes that open one at once open the same.</summary>
/// <param name="Name">Of a wallet its id; of a clearing account the method of payment; else <c>shop</c>.</param>
/// <param name="CustomerId">Whose wallet.</param>
internal sealed record LedgerAccount(AccountPurpose Kind, string Name, string Currency, Guid? CustomerId = null)
{
    public const string Shop = "shop";

    /// <summary>The method of payment whose money is the shop's own: what wallets hold.</summary>
    public const string WalletMethod = "wallet";

    public Guid Id { get; } = DerivedId.Of("account", $"{Kind}", Name, Currency);

    /// <summary>
    /// A wallet spends what it has; so does what stands for the money of wallets. A provider gives back what it took. What the shop earns is not bounded.
    /// </summary>
    public AccountLimit Limit => Kind switch
    {
        AccountPurpose.Wallet => AccountLimit.Credits,
        AccountPurpose.Clearing => Name == WalletMethod ? AccountLimit.Credits : AccountLimit.Debits,
        _ => AccountLimit.None,
    };

    public static LedgerAccount WalletOf(Guid customerId, WalletId wallet, string currency) => new(AccountPurpose.Wallet, wallet.ToString(), currency, customerId);

    public static LedgerAccount ClearingOf(string method, string currency) => new(AccountPurpose.Clearing, method, currency);

    public static LedgerAccount OfShop(AccountPurpose kind, string currency) => new(kind, Shop, currency);

    /// <summary>As it stands in the database.</summary>
    public static string Text(AccountPurpose kind) => KindTexts[(int)kind];

    public static AccountPurpose? KindOf(string text) => Array.IndexOf(KindTexts, text) is >= 0 and var i ? (AccountPurpose)i : null;

    public static string Text(AccountLimit limit) => LimitTexts[(int)limit];

    public static AccountLimit LimitOf(string text) => Array.IndexOf(LimitTexts, text) is >= 0 and var i ? (AccountLimit)i : throw new InvalidOperationException($"An account has the limit '{text}'.");

    static readonly string[] KindTexts = ["wallet", "clearing", "revenue", "shipping", "tax"], LimitTexts = ["none", "credits", "debits"];
}

/// <summary>Opens accounts, once each; cheap to ask again.</summary>
internal sealed class OpenAccounts(NpgsqlDataSource db, TimeProvider clock)
{
    /// <summary>Ids remembered as open; then it starts anew.</summary>
    const int RememberedMax = 100_000;

    readonly ConcurrentDictionary<Guid, bool> open = [];

    public async Task OpenAsync(IReadOnlyList<LedgerAccount> accounts, CancellationToken cancel)
    {
        var missing = accounts.Where(a => !open.ContainsKey(a.Id)).DistinctBy(a => a.Id).OrderBy(a => a.Id).ToList();
        if (missing.Count == 0) return;
        await db.ExecuteAsync(Open, [missing.Select(a => a.Id).ToArray(), missing.Select(a => LedgerAccount.Text(a.Kind)).ToArray(), missing.Select(a => a.Name).ToArray(),
            missing.Select(a => a.Currency).ToArray(), missing.Select(a => a.CustomerId).ToArray(), missing.Select(a => LedgerAccount.Text(a.Limit)).ToArray(), clock.GetUtcNow()], cancel);
        if (open.Count > RememberedMax) open.Clear();
        foreach (var account in missing) open[account.Id] = true;
    }

    const string Open = """
        INSERT INTO ledger.accounts (id, kind, name, currency, customer_id, limited_by, last_at, opened_at)
        SELECT w.id, w.kind, w.name, w.currency, w.customer_id, w.limited_by, $7, $7
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::text[]) AS w (id, kind, name, currency, customer_id, limited_by)
        ON CONFLICT DO NOTHING
        """;
}

/// <summary>An id that follows from words (a UUID of version 8, of SHA-256): whoever says the same again names the same.</summary>
internal static class DerivedId
{
    public static Guid Of(params ReadOnlySpan<string> words)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', words)))[..16];
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new(hash, bigEndian: true);
    }
}
