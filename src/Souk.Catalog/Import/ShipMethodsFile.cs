using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Souk.Contracts;
using Souk.Platform.Money;

namespace Souk.Catalog.Import;

/// <summary>ship-methods.json: names and US dollar amounts of the ways a parcel can travel.</summary>
internal static partial class ShipMethodsFile
{
    public const string File = "ship-methods.json";
    public const int BytesMax = 262_144, MethodsMax = 100, CodeMax = 64;

    const string Currency = "USD";
    const decimal AmountMax = 1_000_000m;

    /// <summary>The methods that may be stored; none when there is no such file.</summary>
    public static async Task<IReadOnlyList<ShippingMethod>> ReadAsync(string folder, Refusals refusals, CancellationToken cancel)
    {
        var file = new FileInfo(Path.Combine(folder, File));
        if (!file.Exists) return [];
        List<SourceShipMethod?>? entries = null;
        if (file.Length <= BytesMax)
        {
            await using var stream = file.OpenRead();
            try { entries = await JsonSerializer.DeserializeAsync<List<SourceShipMethod?>>(stream, SourceProduct.Options, cancel); }
            catch (JsonException broken) { refusals.Add(File, (int)(broken.LineNumber ?? 0) + 1, "", "Not a list of shipping methods in JSON."); return []; }
        }
        if (entries is null or { Count: > MethodsMax })
        {
            refusals.Add(File, 1, "", $"The file holds a list of at most {MethodsMax} shipping methods in at most {BytesMax} bytes.");
            return [];
        }
        var methods = new Dictionary<string, ShippingMethod>();
        foreach (var (place, entry) in entries.Index())
            if (Of(entry) is not { } method) refusals.Add(File, place + 1, entry?.Name ?? "", "A shipping method has a name in ASCII letters, base and perKg as numbers.");
            else if (!methods.TryAdd(method.Code, method)) refusals.Add(File, place + 1, entry!.Name!, "Another shipping method has this name.");
        return [.. methods.Values];
    }

    static ShippingMethod? Of(SourceShipMethod? entry) =>
        entry is { Name: { Length: <= ProductCheck.NameMax } name, Base: { } first, PerKg: { } perKilogram }
        && Slugs.Of(name) is { Length: <= CodeMax } code && Code().IsMatch(code) && !name.Any(char.IsControl)
        && Dollars(first) is { } @base && Dollars(perKilogram) is { } more
            ? new(code, name.Trim(), @base, more) : null;

    static Money? Dollars(string text) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount) && amount <= AmountMax
            ? Currencies.FromDecimal(amount, Currency) : null;

    [GeneratedRegex(@"^[a-z0-9-]+\z")]
    private static partial Regex Code();
}
