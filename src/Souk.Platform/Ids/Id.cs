using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Souk.Platform.Ids;

/// <summary>What an id names; gives the id its prefix, so that a cart's id is never taken for an order's.</summary>
public interface IIdKind
{
    /// <summary>Two to eight lower-case letters, printed before the underscore: <c>ord</c>.</summary>
    static abstract string Prefix { get; }
}

/// <summary>
/// A typed id: a UUIDv7 made in the application, printed as <c>ord_</c> and 26 characters of Crockford's base32
/// (lower case, the 128 bits big-endian, so that printed ids sort by age).
/// </summary>
/// <remarks>
/// Text that is no id of this kind names nothing. In a route it binds to <see cref="None"/>, which no row has, so the
/// route answers its own 404. In a JSON body it is a malformed value: 400.
/// </remarks>
[JsonConverter(typeof(IdJsonConverterFactory))]
public readonly record struct Id<TKind>(Guid Value) : IParsable<Id<TKind>>, IComparable<Id<TKind>> where TKind : IIdKind
{
    /// <summary>All zero bits: names nothing.</summary>
    public static readonly Id<TKind> None;

    public static Id<TKind> New(TimeProvider clock) => new(Guid.CreateVersion7(clock.GetUtcNow()));

    /// <summary>True only for this kind's prefix and 26 characters that stand for 128 bits.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out Id<TKind> id)
    {
        id = None;
        var prefix = TKind.Prefix;
        if (text.Length != prefix.Length + 1 + Base32.UuidLength || !text.StartsWith(prefix, StringComparison.Ordinal)
            || text[prefix.Length] != '_' || !Base32.TryReadUuid(text[(prefix.Length + 1)..], out var value)) return false;
        id = new(value);
        return true;
    }

    public override string ToString() => $"{TKind.Prefix}_{Base32.Write(Value)}";

    /// <summary>The order PostgreSQL sorts uuid columns in, which is the order locks are taken in.</summary>
    public int CompareTo(Id<TKind> other) => Value.CompareTo(other.Value);

    static Id<TKind> IParsable<Id<TKind>>.Parse(string s, IFormatProvider? provider) => TryRead(s, out var id) ? id : None;

    static bool IParsable<Id<TKind>>.TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Id<TKind> result)
    {
        TryRead(s, out result);
        return true;
    }

    // Route binding looks for a public method of this shape.
    public static bool TryParse(string? text, out Id<TKind> id)
    {
        TryRead(text, out id);
        return true;
    }
}
