using System.Text.Json;

namespace Souk.Ledger.Transfers;

/// <summary>
/// What a transfer that was asked for comes to; named as TigerBeetle names the results of <c>create_transfers</c>, where <c>currency</c> is what it calls
/// <c>ledger</c> and <c>reference</c> its user data. docs/ledger.md sets both side by side. Of several reasons the first of this list is told.
/// </summary>
internal enum TransferResult
{
    Ok,

    /// <summary>Another transfer of its chain was refused.</summary>
    LinkedEventFailed,

    /// <summary>The last transfer of the request is linked to a next one, and there is none.</summary>
    LinkedEventChainOpen,

    IdMustNotBeZero,
    IdMustNotBeIntMax,

    ExistsWithDifferentPhase,
    ExistsWithDifferentPendingId,
    ExistsWithDifferentTimeout,
    ExistsWithDifferentDebitAccountId,
    ExistsWithDifferentCreditAccountId,
    ExistsWithDifferentAmount,
    ExistsWithDifferentReference,
    ExistsWithDifferentCurrency,
    ExistsWithDifferentCode,

    /// <summary>It is in the ledger already, as it is asked for now.</summary>
    Exists,

    /// <summary>It was refused before, for good: <see cref="NewTransfer.KeepsRefusal"/>.</summary>
    IdAlreadyFailed,

    DebitAccountIdMustNotBeZero,
    CreditAccountIdMustNotBeZero,
    AccountsMustBeDifferent,
    PendingIdMustBeZero,
    PendingIdMustNotBeZero,
    PendingIdMustBeDifferent,
    TimeoutReservedForPendingTransfer,

    /// <summary>Nor negative, nor more than a JSON number holds.</summary>
    AmountMustNotBeZero,

    CurrencyMustNotBeEmpty,
    CodeMustNotBeEmpty,
    DebitAccountNotFound,
    CreditAccountNotFound,
    AccountsMustHaveTheSameCurrency,
    TransferMustHaveTheSameCurrencyAsAccounts,
    PendingTransferNotFound,
    PendingTransferNotPending,
    PendingTransferHasDifferentDebitAccountId,
    PendingTransferHasDifferentCreditAccountId,
    PendingTransferHasDifferentCurrency,
    PendingTransferHasDifferentCode,
    ExceedsPendingTransferAmount,
    PendingTransferHasDifferentAmount,
    PendingTransferAlreadyPosted,
    PendingTransferAlreadyVoided,
    PendingTransferExpired,

    /// <summary>Of an expiry that comes too early.</summary>
    PendingTransferNotDue,

    OverflowsDebits,
    OverflowsCredits,

    /// <summary>The debited account would spend more than it has.</summary>
    ExceedsCredits,

    /// <summary>The credited account would receive more than it is owed.</summary>
    ExceedsDebits,
}

internal static class TransferResults
{
    static readonly string[] Texts = [.. Enum.GetNames<TransferResult>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];

    /// <summary>As it is told: <c>exceeds_credits</c>.</summary>
    public static string Text(this TransferResult result) => Texts[(int)result];

    /// <summary>A no for what stands in the ledger now, which may be a yes at another time.</summary>
    public static bool IsOfTheMoment(this TransferResult result) => result is TransferResult.DebitAccountNotFound or TransferResult.CreditAccountNotFound
        or TransferResult.PendingTransferNotFound or TransferResult.ExceedsCredits or TransferResult.ExceedsDebits;
}
