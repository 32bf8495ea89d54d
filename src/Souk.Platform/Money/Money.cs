namespace Souk.Platform.Money;

/// <summary>An amount in minor units of an ISO 4217 currency: <c>{"amount": 129900, "currency": "EUR"}</c>. Overflow throws.</summary>
/// <param name="Amount">Minor units (cents for EUR, whole yen for JPY); may be negative.</param>
/// <param name="Currency">Three upper-case letters of <see cref="Currencies"/>.</param>
public readonly record struct Money(long Amount, string Currency)
{
    public static Money Zero(string currency) => new(0, currency);

    public static Money operator +(Money a, Money b) => new(checked(a.Amount + b.Amount), Same(a, b));
    public static Money operator -(Money a, Money b) => new(checked(a.Amount - b.Amount), Same(a, b));
    public static Money operator *(Money a, int times) => a with { Amount = checked(a.Amount * times) };

    /// <summary>The share of this amount that a rate in parts per million gives, rounded half to even (ISO 4217 minor unit).</summary>
    public Money AtRate(int partsPerMillion) =>
        this with { Amount = (long)Math.Round((decimal)Amount * partsPerMillion / 1_000_000m, MidpointRounding.ToEven) };

    public override string ToString() => $"{Amount} {Currency} (minor units)";

    static string Same(Money a, Money b) => a.Currency == b.Currency ? a.Currency
        : throw new InvalidOperationException($"{a.Currency} and {b.Currency} cannot be added: convert first.");
}
