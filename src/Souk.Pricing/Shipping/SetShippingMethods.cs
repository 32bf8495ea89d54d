using Souk.Contracts;
using Souk.Platform.Bus;
using Souk.Platform.Money;
using Souk.Pricing.Prices;
using Souk.Pricing.Quotes;

namespace Souk.Pricing.Shipping;

/// <summary>Sets shipping methods by code and currency, all or none; those not named stay.</summary>
internal static class SetShippingMethods
{
    public const int MethodsMax = 100;

    /// <summary>How many were new or changed.</summary>
    public static async Task<int> RunAsync(NpgsqlDataSource db, IBus bus, IReadOnlyList<ShippingMethod> methods, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(methods.Count, MethodsMax, nameof(methods));
        if (methods.FirstOrDefault(m => !IsValid(m)) is { } wrong) throw new ArgumentException($"{wrong} is no shipping method.", nameof(methods));
        if (methods.DistinctBy(m => (m.Code, m.Base.Currency)).Count() < methods.Count)
            throw new ArgumentException("A shipping method is named twice in one currency.", nameof(methods));
        await using var connection = await db.OpenConnectionAsync(cancel);
        await using var batch = connection.CreateBatch().Add(Save,
            methods.Select(m => m.Code).ToArray(), methods.Select(m => m.Base.Currency).ToArray(), methods.Select(m => m.Name).ToArray(),
            methods.Select(m => m.Base.Amount).ToArray(), methods.Select(m => m.PerKilogram.Amount).ToArray()).Add(PriceChanges.Count);
        await batch.ExecuteNonQueryAsync(cancel);
        PriceChanges.Tell(bus);
        return (int)batch.BatchCommands[0].RecordsAffected;
    }

    static bool IsValid(ShippingMethod method) => ShippingCode.IsValid(method.Code) && method.Base.Currency == method.PerKilogram.Currency
        && Currencies.Exists(method.Base.Currency)
        && method.Base.Amount is >= 0 and <= QuoteMath.AmountMax && method.PerKilogram.Amount is >= 0 and <= QuoteMath.AmountMax;

    const string Save = """
        INSERT INTO pricing.shipping_methods AS m (code, currency, name, base, per_kg)
        SELECT * FROM unnest($1::text[], $2::bpchar[], $3::text[], $4::bigint[], $5::bigint[]) AS given (code, currency, name, base, per_kg)
        ORDER BY code, currency
        ON CONFLICT (code, currency) DO UPDATE SET name = excluded.name, base = excluded.base, per_kg = excluded.per_kg
        WHERE (m.name, m.base, m.per_kg) IS DISTINCT FROM (excluded.name, excluded.base, excluded.per_kg)
        """;
}
