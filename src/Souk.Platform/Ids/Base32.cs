namespace Souk.Platform.Ids;

/// <summary>Crockford's base32 in lower case: digits and letters without i, l, o, u, so that ids survive being read aloud.</summary>
public static class Base32
{
    /// <summary>128 bits in groups of five: 26 characters, the first worth three bits.</summary>
    public const int UuidLength = 26;

    const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    public static string Write(Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        var bits = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return string.Create(UuidLength, bits, static (text, rest) =>
        {
            for (var i = text.Length - 1; i >= 0; i--, rest >>= 5)
                text[i] = Alphabet[(int)(rest & 31)];
        });
    }

    /// <summary>The low <paramref name="length"/> × 5 bits of a number.</summary>
    public static string Write(ulong value, int length) => string.Create(length, value, static (text, rest) =>
    {
        for (var i = text.Length - 1; i >= 0; i--, rest >>= 5)
            text[i] = Alphabet[(int)(rest & 31)];
    });

    public static bool TryReadUuid(ReadOnlySpan<char> text, out Guid value)
    {
        value = default;
        if (text.Length != UuidLength || text[0] is < '0' or > '7') return false;
        UInt128 bits = 0;
        foreach (var c in text)
        {
            var digit = Alphabet.IndexOf(c);
            if (digit < 0) return false;
            bits = (bits << 5) | (uint)digit;
        }
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, bits);
        value = new Guid(bytes, bigEndian: true);
        return true;
    }
}
