using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Souk.Identity.SecondFactors;

/// <summary>
/// Time-based one-time passwords (RFC 6238) as every authenticator makes them: HMAC-SHA-1, six digits, a step of 30 s. Pure. SHA-1 is what authenticators know;
/// its broken collisions do not touch HMAC.
/// </summary>
internal static class Totp
{
    /// <summary>What RFC 4226, section 4, recommends: 160 bits.</summary>
    public const int SecretBytes = 20;

    public const int Digits = 6, StepSeconds = 30;

    /// <summary>How many steps a clock may be off, either way (RFC 6238, section 5.2).</summary>
    public const int StepsOff = 1;

    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(SecretBytes);

    public static long StepAt(DateTimeOffset time) => time.ToUnixTimeSeconds() / StepSeconds;

    /// <summary>The code of one step: RFC 4226, section 5.3.</summary>
    public static string CodeAt(ReadOnlySpan<byte> secret, long step)
    {
        Span<byte> counter = stackalloc byte[sizeof(long)], mac = stackalloc byte[HMACSHA1.HashSizeInBytes];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
#pragma warning disable CA5350 // The standard's algorithm, and the one that authenticators know.
        HMACSHA1.HashData(secret, counter, mac);
#pragma warning restore CA5350
        var number = BinaryPrimitives.ReadInt32BigEndian(mac[(mac[^1] & 0xF)..]) & int.MaxValue;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }

    /// <summary>The six digits, however they are spaced; null for what is no such code.</summary>
    public static string? Read(string text)
    {
        var digits = text.Replace(" ", "", StringComparison.Ordinal);
        return digits.Length == Digits && digits.All(char.IsAsciiDigit) ? digits : null;
    }

    /// <summary>The step that the code is of: the present one, the one before or the one behind; else null.</summary>
    public static long? FindStep(ReadOnlySpan<byte> secret, string digits, DateTimeOffset now)
    {
        var given = Encoding.ASCII.GetBytes(digits);
        long? found = null;
        for (var step = StepAt(now) - StepsOff; step <= StepAt(now) + StepsOff; step++)
            if (CryptographicOperations.FixedTimeEquals(given, Encoding.ASCII.GetBytes(CodeAt(secret, step)))) found = step;
        return found;
    }

    /// <summary>Base32 of RFC 4648, as people type it into an authenticator. 160 bits need no padding.</summary>
    public static string Write(ReadOnlySpan<byte> secret)
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        var text = new StringBuilder(SecretBytes * 8 / 5);
        int rest = 0, bits = 0;
        foreach (var part in secret)
        {
            (rest, bits) = ((rest << 8 | part) & 0xFFFF, bits + 8);
            for (; bits >= 5; bits -= 5) text.Append(alphabet[rest >> (bits - 5) & 31]);
        }
        return text.ToString();
    }

    /// <summary>What a QR code holds: the key URI format that authenticators read.</summary>
    public static string Uri(ReadOnlySpan<byte> secret, string issuer, string account) =>
        $"otpauth://totp/{System.Uri.EscapeDataString(issuer)}:{System.Uri.EscapeDataString(account)}?secret={Write(secret)}"
        + $"&issuer={System.Uri.EscapeDataString(issuer)}&algorithm=SHA1&digits={Digits}&period={StepSeconds}";
}
