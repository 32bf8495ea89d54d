using Souk.Contracts;
using Souk.Payments.Payments;
using Souk.Payments.Providers;
using Souk.Platform.Jobs;

namespace Souk.Payments.TopUps;

/// <summary>
/// Drives a top-up from wherever it stands to its end: ask the provider, record the answer, credit the wallet. It may be cut off between any two instructions and
/// started again, and several may drive one at once: the provider acts once per id, and so does the ledger.
/// </summary>
/// <remarks>The request drives; the job <see cref="JobType"/> takes up what a crash or a silent provider left.</remarks>
internal sealed class SettleTopUp(NpgsqlDataSource db, TimeProvider clock, AskProvider provider, IWallets wallets)
{
    public const string JobType = "payments.settle-top-up";

    public sealed record Job(Guid CustomerId, TopUpId TopUpId);

    /// <param name="Waiting">Why it could not go on, or null when it came to its end.</param>
    public sealed record Driven(TopUp TopUp, string? Waiting);

    public static async Task RunAsync(Job args, JobContext job, CancellationToken cancel)
    {
        var (db, settle) = (job.Services.GetRequiredService<NpgsqlDataSource>(), job.Services.GetRequiredService<SettleTopUp>());
        var topUp = await TopUp.FindAsync(db, args.CustomerId, args.TopUpId, cancel) ?? throw new InvalidOperationException($"{args.TopUpId} does not exist.");
        if ((await settle.DriveAsync(topUp, isFresh: false, cancel)).Waiting is { } why) throw new InvalidOperationException($"{args.TopUpId} waits: {why}");
    }

    /// <param name="isFresh">The provider has not been asked yet, so there is nothing to find out first.</param>
    public async Task<Driven> DriveAsync(TopUp topUp, bool isFresh, CancellationToken cancel)
    {
        try
        {
            if (topUp.Status == PaymentStatus.Pending)
            {
                var charge = await provider.ChargeAsync(topUp.Method, new(new(topUp.Id.Value), topUp.CustomerId, topUp.Amount, topUp.Token), topUp.CreatedAt, isFresh, cancel);
                topUp = await ChangeAsync(Record, topUp, [(charge.IsCaptured ? PaymentStatus.Captured : PaymentStatus.Declined).Text(), charge.Reference], cancel);
            }
            if (topUp is { Status: PaymentStatus.Captured, CreditedAt: null })
            {
                await wallets.CreditAsync(topUp.CustomerId, topUp.Id, topUp.Amount, topUp.Method, cancel);
                topUp = await ChangeAsync(Credit, topUp, [], cancel);
            }
            return new(topUp, null);
        }
        catch (Exception away) when (away is ProviderSilentException or LedgerBusyException)
        {
            return new(topUp, away.Message);
        }
    }

    /// <summary>Records a step, or finds that somebody else did; answers the top-up as it stands.</summary>
    async Task<TopUp> ChangeAsync(string change, TopUp topUp, object?[] args, CancellationToken cancel) =>
        await db.QueryFirstAsync(change, TopUp.Read, [topUp.CustomerId, topUp.Id.Value, clock.GetUtcNow(), .. args], cancel)
        ?? await TopUp.FindAsync(db, topUp.CustomerId, topUp.Id, cancel) ?? throw new InvalidOperationException($"{topUp.Id} is gone.");

    const string Record = $"""
        UPDATE payments.top_ups SET status = $4, version = version + 1, token = NULL, provider_reference = $5,
            captured_at = CASE WHEN $4 = 'captured' THEN $3::timestamptz END, declined_at = CASE WHEN $4 = 'declined' THEN $3::timestamptz END
        WHERE customer_id = $1 AND id = $2 AND status = 'pending'
        RETURNING {TopUp.Columns}
        """;

    const string Credit = $"""
        UPDATE payments.top_ups SET credited_at = $3
        WHERE customer_id = $1 AND id = $2 AND status = 'captured' AND credited_at IS NULL
        RETURNING {TopUp.Columns}
        """;
}
