using Souk.Contracts;

namespace Souk.Ledger.Transfers;

/// <summary>The one way into the ledger. Requests that come while others are being written are written together: <see cref="TransferBatch"/>.</summary>
internal sealed class WriteTransfers(TransferBatch batch)
{
    /// <summary>Requests of one batch. Larger ones were hardly faster, and hold their locks longer.</summary>
    public const int RequestsMax = 512;

    /// <summary>Some seconds of work; more would be answered too late to be of use.</summary>
    public const int WaitingMax = 8_000;

    /// <summary>Transfers of one request.</summary>
    public const int TransfersMax = 100;

    /// <summary>Balances are decided in memory under the locks of their accounts: two batches would mostly wait for each other.</summary>
    public const int Lanes = 1;

    readonly NaturalBatches<IReadOnlyList<NewTransfer>, IReadOnlyList<TransferOutcome>> batches = new(batch.RunAsync, Lanes, RequestsMax, WaitingMax);

    /// <summary>
    /// What became of each transfer, after the commit: linked ones as one, the others by themselves. Never cancelled: the answer to a transfer that is being
    /// written is whether it was.
    /// </summary>
    /// <exception cref="LedgerBusyException">Too many wait; nothing was done.</exception>
    public Task<IReadOnlyList<TransferOutcome>> RunAsync(params IReadOnlyList<NewTransfer> transfers) => transfers.Count is 0 or > TransfersMax
        ? throw new ArgumentException($"A request has 1 to {TransfersMax} transfers.", nameof(transfers))
        : batches.TryAdd(transfers) ?? throw new LedgerBusyException();

    public async Task<TransferOutcome> RunOneAsync(NewTransfer transfer) => (await RunAsync(transfer))[0];
}
