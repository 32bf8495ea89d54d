using Souk.Prove.Traffic;

namespace Souk.Prove.Actors;

/// <summary>Keeps shelves just full enough that they sell out again and again; takes units away too, and sends some adjustments twice.</summary>
internal sealed class Stockkeeper(World world, string name) : Actor(world, name)
{
    /// <summary>Below it more is brought.</summary>
    const int ShortAt = 12;

    protected override async Task ActAsync(Random script)
    {
        var variant = Variant(script);
        var stock = await Shop.AskAsync("read availability", HttpMethod.Get, $"/v1/availability?variantIds={variant}", null, default);
        if (!Expect(stock, "availability", 200)) return;
        var available = stock.Body.GetProperty("items")[0].GetProperty("available").GetInt32();
        if (available < 0) History.Violate(Promise.StockAddsUp, $"{variant} has {available} available");
        var (delta, key) = (available < ShortAt ? script.Next(5, 60) : -script.Next(1, 8), NewKey(script));
        var sends = Enumerable.Range(0, script.Next(5) == 0 ? 2 : 1).Select(_ => Shop.AskAsync("adjust stock", HttpMethod.Post,
            $"/v1/admin/stock/{variant}/locations/{World.Location}/adjustments", Body(("delta", delta), ("reason", delta > 0 ? "received" : "damaged")), new(World.Staff), key));
        foreach (var answer in await Task.WhenAll(sends))
            if (Expect(answer, "an adjustment", 201, "level_too_low", "stock_reserved"))
            {
                History.Adjustments[key] = (variant, delta);
                if (answer.Body.GetProperty("delta").GetInt32() != delta) History.Violate(Promise.OneEffect, $"an adjustment of {delta} was answered as {answer.Body}");
            }
        await Task.Delay(script.Next(5, 30), CancellationToken.None);
    }
}
