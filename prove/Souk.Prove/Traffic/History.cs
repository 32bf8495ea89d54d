using System.Collections.Concurrent;

namespace Souk.Prove.Traffic;

/// <summary>What buyers and staff were told: all that the shop is held to afterwards.</summary>
internal sealed class History
{
    /// <summary>More of one kind tell nothing new.</summary>
    const int ViolationsMax = 25;

    readonly ConcurrentDictionary<Promise, ConcurrentQueue<string>> violations = new();
    readonly ConcurrentDictionary<Promise, int> counts = new();

    /// <summary>Orders that were answered with 201, by their id.</summary>
    public ConcurrentDictionary<string, AcceptedOrder> Orders { get; } = new();

    /// <summary>By key of an order: the order it made.</summary>
    public ConcurrentDictionary<string, string> Keys { get; } = new();

    /// <summary>Keys whose every request was answered, each with a refusal: nothing may have come of them.</summary>
    public ConcurrentBag<string> RefusedKeys { get; } = [];

    /// <summary>Paid orders that staff have not packed yet.</summary>
    public ConcurrentQueue<string> Paid { get; } = new();

    /// <summary>Adjustments of stock that were answered with 201, by key.</summary>
    public ConcurrentDictionary<string, (string Variant, int Delta)> Adjustments { get; } = new();

    /// <summary>The wallets of members who use them.</summary>
    public ConcurrentDictionary<Account, string> Wallets { get; } = new();

    /// <summary>Top-ups that were answered as captured, by id.</summary>
    public ConcurrentDictionary<string, (Account Member, long Amount)> TopUps { get; } = new();

    /// <summary>Transfers between wallets that were answered with 201, by id.</summary>
    public ConcurrentDictionary<string, (Account From, Account To, long Amount)> Sent { get; } = new();

    public IReadOnlyDictionary<Promise, int> Violations => counts;

    public bool IsHeld => counts.IsEmpty;

    public IReadOnlyList<string> Of(Promise promise) => violations.TryGetValue(promise, out var texts) ? [.. texts] : [];

    /// <summary>A promise was broken, and how.</summary>
    public void Violate(Promise promise, string text)
    {
        if (counts.AddOrUpdate(promise, 1, static (_, n) => n + 1) <= ViolationsMax) violations.GetOrAdd(promise, static _ => new()).Enqueue(text);
    }

    /// <summary>An order was answered with 201: every answer to its key must tell of the same one.</summary>
    public AcceptedOrder Accept(string key, Answer answer, Account? account)
    {
        var seen = AcceptedOrder.Read(answer.Body, account, answer.Body.TryGetProperty("orderToken", out var token) ? token.GetString() : null);
        var first = Keys.GetOrAdd(key, seen.Id);
        if (first != seen.Id) Violate(Promise.OneEffect, $"key {key} was answered with {first} and with {seen.Id}");
        var known = Orders.GetOrAdd(seen.Id, seen);
        if (known.Content != seen.Content)
            Violate(Promise.SameContent, $"{seen.Id} was answered as {known.Content} and as {seen.Content}");
        return known;
    }
}

/// <summary>What was told of an order when it was accepted.</summary>
/// <param name="Content">Its number, lines and total in one text: what never changes.</param>
/// <param name="Account">Null for a guest, whose <paramref name="Token"/> opens it.</param>
internal sealed record AcceptedOrder(string Id, string Content, IReadOnlyList<(string Variant, int Quantity)> Lines, Account? Account, string? Token)
{
    /// <summary>Told so by an answer: it may be nothing else any more.</summary>
    public volatile bool WasPaid, WasCancelled;

    /// <summary>The furthest step that staff were told of.</summary>
    public volatile string? Fulfilment;

    public Caller Caller => new(Account, OrderToken: Token);

    public static AcceptedOrder Read(JsonElement order, Account? account, string? token)
    {
        List<(string Variant, int Quantity)> lines = [.. order.GetProperty("lines").EnumerateArray()
            .Select(l => (l.GetProperty("variantId").GetString()!, l.GetProperty("quantity").GetInt32()))];
        var content = ContentOf(order.GetProperty("number").GetString()!, lines, order.GetProperty("total").GetProperty("amount").GetInt64());
        return new(order.GetProperty("id").GetString()!, content, lines, account, token);
    }

    public static string ContentOf(string number, IEnumerable<(string Variant, int Quantity)> lines, long total) =>
        FormattableString.Invariant($"{number}: {LinesOf(lines)} for {total}");

    /// <summary>Lines in one text, the same in whichever order they come.</summary>
    public static string LinesOf(IEnumerable<(string Variant, int Quantity)> lines) =>
        string.Join(", ", lines.OrderBy(l => l.Variant, StringComparer.Ordinal).Select(l => FormattableString.Invariant($"{l.Quantity} x {l.Variant}")));
}
