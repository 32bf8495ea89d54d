using System.Text.Json.Nodes;
using Souk.Prove.Traffic;

namespace Souk.Prove.Actors;

/// <summary>Where actors act.</summary>
/// <param name="Variants">What is bought: few, so that everybody wants the same.</param>
/// <param name="Kits">What is sold as some of them, and of what each is made; only in a shop of prove's own.</param>
/// <param name="Location">Where their stock lies.</param>
/// <param name="Before">What lay there, and what could be sold, before anybody acted.</param>
/// <param name="IsOwn">A shop that nobody else has, and where what is held for a cart is free again before the end.</param>
internal sealed record World(Shop Shop, History History, IReadOnlyList<string> Variants, IReadOnlyDictionary<string, IReadOnlyList<(string Variant, int Quantity)>> Kits, string Location,
    string? ShippingMethod, Account Staff, IReadOnlyList<Account> Members, IReadOnlyDictionary<string, (int OnHand, int Available)> Before, bool IsOwn)
{
    /// <summary>The stock that a line takes.</summary>
    public IEnumerable<(string Variant, int Quantity)> UnitsOf(string variant, int quantity) =>
        Kits.TryGetValue(variant, out var parts) ? parts.Select(p => (p.Variant, p.Quantity * quantity)) : [(variant, quantity)];
}

/// <summary>Somebody who does one thing after another, each a whole act from a script of its own; a new kind of actor is one more class.</summary>
internal abstract class Actor(World world, string name)
{
    protected World World => world;
    protected Shop Shop => world.Shop;
    protected History History => world.History;

    /// <summary>Acts until told to stop; an act that has begun is ended.</summary>
    public async Task RunAsync(ProveOptions options, CancellationToken stop)
    {
        for (var n = 0; !stop.IsCancellationRequested; n++) await ActAsync(options.Script(name, n));
    }

    protected abstract Task ActAsync(Random script);

    /// <summary>A key that follows from the script, but for the run: the same seed twice on one shop is not the same request.</summary>
    protected static string NewKey(Random script) => FormattableString.Invariant($"prove-{Run:n}-{script.NextInt64():x16}-{script.NextInt64():x16}");

    static readonly Guid Run = Guid.NewGuid();

    /// <summary>Half of all want one of four, so that they sell out.</summary>
    protected string Variant(Random script) => world.Variants[script.Next(script.Next(2) == 0 ? Math.Min(4, world.Variants.Count) : world.Variants.Count)];

    /// <summary>Now and then it is a kit.</summary>
    protected string VariantOrKit(Random script) => script.Next(10) == 0 && world.Kits.Count > 0 ? world.Kits.Keys.First() : Variant(script);

    /// <summary>An answer that nobody documented is a broken promise.</summary>
    protected bool Expect(Answer answer, string what, int success, params ReadOnlySpan<string> refusals)
    {
        if (answer.Status == success) return true;
        if (answer.IsLost || answer.Status >= 500) return false;   // told already if it must not be
        if (answer.Code is not { } code || !refusals.Contains(code)) History.Violate(Promise.Answers, $"{what} was answered with {answer}: {answer.Body}");
        return false;
    }

    protected static JsonObject Body(params ReadOnlySpan<(string Name, JsonNode? Value)> members)
    {
        var body = new JsonObject();
        foreach (var (name, value) in members) if (value is not null) body[name] = value;
        return body;
    }
}
