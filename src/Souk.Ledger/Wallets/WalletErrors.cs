namespace Souk.Ledger.Wallets;

/// <summary>Every way the wallet says no. A code is API: add new ones, never rename one.</summary>
internal static class WalletErrors
{
    public static readonly Error NotFound = Error.NotFound("wallet_not_found", "There is no such wallet. Ask its owner for the id that GET /v1/me/wallet shows.");

    public static Error Insufficient(Money available) => Error.Conflict("insufficient_balance",
        $"The wallet has {available} to spend, which is not enough. Top it up first. Nothing was moved.", ("available", available));

    public static readonly Error TooFull = Error.Conflict("wallet_full", "More has gone through one of the wallets than it can count. Nothing was moved.");

    public static readonly Error Busy = new(503, "ledger_busy",
        "More transfers come in than can be written now. Try again shortly with the same Idempotency-Key; nothing was moved.") { RetryAfterSeconds = 1 };

    public static readonly Error CurrencyUnknown = Error.Malformed("currency_unknown", "currency is a code of ISO 4217 in upper case, such as USD.");

    public static readonly Error StatementTooLong = new(422, "statement_too_long",
        $"The wallet has more than {ExportStatement.EntriesMax} entries in this time. Ask for a shorter one with from and to.");

    public static readonly Error TimeUnreadable = Error.Malformed("time_invalid", "Write a time in RFC 3339, such as 2026-11-01T00:00:00Z.");
}
