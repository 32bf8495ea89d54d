using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using Souk.Payments.Payments;
using Souk.Payments.Providers;
using Souk.Platform.Idempotency;
using Souk.Platform.Jobs;
using Souk.Platform.Money;

namespace Souk.Payments.TopUps;

/// <summary>
/// <c>POST /v1/me/wallet/top-ups</c> <c>{amount, method, token?}</c> (Idempotency-Key): takes money by a method of payment and puts it into one's wallet, once per key.
/// The answer says what became of it: <c>captured</c>, and the wallet has it; <c>declined</c>; or <c>pending</c>, when the provider has not answered yet: the shop finds
/// out by itself, and so does the same request sent again.
/// </summary>
/// <remarks>
/// The top-up and the job that will finish it are committed before the provider is asked. Refusals, in this order: 400 for the key, 422 for the body, 422 for a key of
/// another request, 422 <c>payment_method_unavailable</c>. A replay is rendered from the top-up as it stands now.
/// </remarks>
internal static class TopUpWallet
{
    /// <summary>Minor units put into a wallet at once: a slip of the finger must not cost a fortune.</summary>
    public const long AmountMax = 100_000_000;

    /// <param name="Amount">1 to 100,000,000 minor units.</param>
    /// <param name="Method">A method of this shop, such as <c>sandbox</c>; a wallet is not filled from a wallet.</param>
    /// <param name="Token">What the provider's form gave the page; see docs/payments.md for those of the sandbox.</param>
    public sealed record Request([Required] Money? Amount, [Required] string? Method, string? Token);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/me/wallet/top-ups", Handle).ForSignedIn().WithName(nameof(TopUpWallet));

    static async Task<Results<Created<TopUpAnswer>, Error>> Handle(Request request, IdempotencyKey key, Caller caller, PaymentMethods methods, SettleTopUp settle,
        NpgsqlDataSource db, TimeProvider clock, HttpContext http, CancellationToken cancel)
    {
        if (key.Required().Refused(out var keyless, out var name)) return keyless;
        if (Refuse(request) is { } invalid) return invalid;
        var (customer, fingerprint) = (caller.RequiredAccountId, IdempotencyKey.Fingerprint(nameof(TopUpWallet), request));

        var (made, isReplay) = (await FindAsync(), true);
        if (made.TopUp is null)
        {
            if (methods.RefuseTopUp(request.Method!) is { } unavailable) return unavailable;
            var fresh = await InsertAsync(db, clock, customer, request, name, fingerprint, cancel);
            (made, isReplay) = fresh is null ? (await FindAsync(), true) : ((fresh, fingerprint), false);
        }
        if (!CryptographicOperations.FixedTimeEquals(made.Fingerprint, fingerprint)) return IdempotencyKey.Reused;
        if (isReplay) IdempotencyKey.MarkReplayed(http);
        // From here on a caller who hangs up changes nothing: the money is on its way, and each step has a limit of its own.
        var shown = (await settle.DriveAsync(made.TopUp!, isFresh: !isReplay, CancellationToken.None)).TopUp;
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Created(shown.Path, shown.Show());

        Task<(TopUp? TopUp, byte[]? Fingerprint)> FindAsync() =>
            db.QueryFirstAsync(FindByKey, static row => ((TopUp?)TopUp.Read(row), (byte[]?)row.GetFieldValue<byte[]>(10)), [customer, name], cancel);
    }

    internal static Error? Refuse(Request request)
    {
        List<(string, string)> wrong = [];
        if (request.Amount is not { } amount) wrong.Add(("/amount", "Say how much: {\"amount\": 5000, \"currency\": \"USD\"}."));
        else if (amount.Currency is null || !Currencies.Exists(amount.Currency)) wrong.Add(("/amount/currency", "A currency is a code of ISO 4217 in upper case, such as USD."));
        else if (amount.Amount is < 1 or > AmountMax) wrong.Add(("/amount/amount", $"A top-up is of 1 to {AmountMax} minor units."));
        if (request.Method is not { Length: > 0 and <= PayOrder.MethodLengthMax })
            wrong.Add(("/method", $"Name a method of this shop, such as sandbox, in at most {PayOrder.MethodLengthMax} characters."));
        if (PayOrder.RefuseToken(request.Token) is { } why) wrong.Add(("/token", why));
        return Error.Invalid(wrong);
    }

    /// <summary>The new top-up with its job, or null when a rival with the same key made one.</summary>
    static async Task<TopUp?> InsertAsync(NpgsqlDataSource db, TimeProvider clock, Guid customer, Request request, string key, byte[] fingerprint, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var made = await connection.QueryFirstAsync(Insert, TopUp.Read, [customer, TopUpId.New(clock).Value, key, fingerprint, request.Method, request.Token,
            request.Amount!.Value.Amount, request.Amount.Value.Currency, now], cancel);
        if (made is null) return null;
        await connection.EnqueueJobAsync(SettleTopUp.JobType, new SettleTopUp.Job(made.CustomerId, made.Id), now + SettlePayment.ResumeAfter, cancel);
        await transaction.CommitAsync(cancel);
        return made;
    }

    // Waits for a rival with the same key until it commits; then it stands in the way.
    const string Insert = $"""
        INSERT INTO payments.top_ups (customer_id, id, idempotency_key, fingerprint, method, token, amount, currency, status, version, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', 1, $9)
        ON CONFLICT DO NOTHING
        RETURNING {TopUp.Columns}
        """;

    const string FindByKey = $"SELECT {TopUp.Columns}, fingerprint FROM payments.top_ups WHERE customer_id = $1 AND idempotency_key = $2";
}
