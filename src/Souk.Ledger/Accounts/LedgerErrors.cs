namespace Souk.Ledger.Accounts;

/// <summary>Every way staff are told no about the ledger. A code is API: add new ones, never rename one.</summary>
internal static class LedgerErrors
{
    public static readonly Error AccountNotFound = Error.NotFound("ledger_account_not_found", "The ledger has no such account. List them at /v1/admin/ledger/accounts.");

    public static readonly Error KindUnknown = Error.Malformed("ledger_account_kind_unknown",
        $"kind is one of: {string.Join(", ", Enum.GetValues<AccountPurpose>().Select(LedgerAccount.Text))}.");
}
