namespace Souk.Ledger.Wallets;

/// <summary><c>GET /v1/me/wallet</c>: the id under which one receives money, and what the wallet holds in each currency it ever held.</summary>
internal static class ReadWallet
{
    /// <param name="Id">Give it to who wants to send you money; it tells nothing else of you.</param>
    internal sealed record Wallet(WalletId Id, IReadOnlyList<WalletBalance> Balances);

    /// <param name="Balance">What is in the wallet, held amounts included.</param>
    /// <param name="Held">Set aside for payments under way.</param>
    /// <param name="Available">What can be spent: balance − held.</param>
    internal sealed record WalletBalance(string Currency, Money Balance, Money Held, Money Available);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/me/wallet", Handle).ForSignedIn().WithName(nameof(ReadWallet));

    static async Task<Results<Ok<Wallet>, Error>> Handle(Caller caller, StoredWallets wallets, NpgsqlDataSource db, HttpContext http, CancellationToken cancel)
    {
        var customer = caller.RequiredAccountId;
        var balances = await db.QueryAsync(Find, static row => Show(row.GetString(0), row.GetInt64(1), row.GetInt64(2)), [customer], cancel);
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(new Wallet(await wallets.OfAsync(customer, cancel), balances));
    }

    static WalletBalance Show(string currency, long balance, long held) => new(currency, new(balance, currency), new(held, currency), new(balance - held, currency));

    const string Find = "SELECT currency, credits_posted - debits_posted, debits_pending FROM ledger.accounts WHERE customer_id = $1 ORDER BY currency";
}
