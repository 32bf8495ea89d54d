using System.ComponentModel.DataAnnotations;
using Souk.Contracts;
using Souk.Ledger.Accounts;
using Souk.Ledger.Transfers;
using Souk.Platform.Idempotency;
using Souk.Platform.Money;

namespace Souk.Ledger.Wallets;

/// <summary>
/// <c>POST /v1/me/wallet/transfers</c> <c>{to, amount}</c> (Idempotency-Key): sends money to another wallet, at once and once per key. The wallet is named by its
/// id, which its owner gave you: who has an account, and under which e-mail, cannot be found out here.
/// </summary>
/// <remarks>
/// Refusals, in this order: 400 for the key, 422 for the body, 404 <c>wallet_not_found</c>, 422 for a key of another transfer, 409 <c>insufficient_balance</c>.
/// The key is the transfer's id in the ledger, so it is remembered as long as the transfer: for ever.
/// </remarks>
internal static class TransferToWallet
{
    public const string Code = "wallet_transfer";

    /// <param name="To">The id of the other wallet.</param>
    /// <param name="Amount">At least one minor unit.</param>
    public sealed record Request([Required] WalletId? To, [Required] Money? Amount);

    /// <param name="Balance">What was in the sender's wallet right after it, held amounts included.</param>
    internal sealed record WalletTransfer(TransferId Id, WalletId To, Money Amount, Money Balance, DateTimeOffset CreatedAt);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/me/wallet/transfers", Handle).ForSignedIn().WithName(nameof(TransferToWallet));

    static async Task<Results<Created<WalletTransfer>, Error>> Handle(Request request, IdempotencyKey key, Caller caller, StoredWallets wallets, OpenAccounts accounts,
        WriteTransfers write, IWallets balances, HttpContext http, CancellationToken cancel)
    {
        if (key.Required().Refused(out var keyless, out var name)) return keyless;
        if (Refuse(request) is { } invalid) return invalid;
        var (customer, to, amount) = (caller.RequiredAccountId, request.To!.Value, request.Amount!.Value);
        if (await wallets.CustomerOfAsync(to, cancel) is not { } receiver) return WalletErrors.NotFound;
        if (receiver == customer) return Error.Invalid("/to", "This is your own wallet. Name the wallet of who shall have the money.");

        var (from, into) = (LedgerAccount.WalletOf(customer, await wallets.OfAsync(customer, cancel), amount.Currency), LedgerAccount.WalletOf(receiver, to, amount.Currency));
        await accounts.OpenAsync([from, into], cancel);
        TransferOutcome outcome;
        try
        {
            outcome = await write.RunOneAsync(new(DerivedId.Of(Code, $"{customer}", name), from.Id, into.Id, amount.Amount, amount.Currency, Code));
        }
        catch (LedgerBusyException)
        {
            return WalletErrors.Busy;
        }
        switch (outcome.Result)
        {
            case TransferResult.Ok: break;
            case TransferResult.Exists: IdempotencyKey.MarkReplayed(http); break;
            case TransferResult.ExceedsCredits: return WalletErrors.Insufficient(await balances.AvailableAsync(customer, amount.Currency, cancel));
            case TransferResult.OverflowsCredits or TransferResult.OverflowsDebits: return WalletErrors.TooFull;
            case >= TransferResult.ExistsWithDifferentPhase and <= TransferResult.ExistsWithDifferentCode: return IdempotencyKey.Reused;
            default: throw new InvalidOperationException($"A transfer between wallets came to {outcome.Result.Text()}.");
        }
        var row = outcome.Transfer!;
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Created("/v1/me/wallet/statement", new WalletTransfer(new(row.Id), to, amount, new(row.DebitBalance, row.Currency), row.CreatedAt));
    }

    internal static Error? Refuse(Request request)
    {
        List<(string, string)> wrong = [];
        if (request.To is not { } to || to == WalletId.None) wrong.Add(("/to", "Name the other wallet by its id: wal_…"));
        if (WrongAmount(request.Amount, DecideTransfers.AmountMax) is { } why) wrong.Add(("/amount", why));
        return Error.Invalid(wrong);
    }

    static string? WrongAmount(Money? amount, long max) => amount is not { } money ? "Say how much: {\"amount\": 500, \"currency\": \"USD\"}."
        : money.Currency is null || !Currencies.Exists(money.Currency) ? "A currency is a code of ISO 4217 in upper case, such as USD."
        : money.Amount < 1 || money.Amount > max ? $"An amount is 1 to {max} minor units."
        : null;
}
