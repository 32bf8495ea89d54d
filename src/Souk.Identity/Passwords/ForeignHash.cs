using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Souk.Identity.Text;

namespace Souk.Identity.Passwords;

/// <summary>
/// A password hash as another system made it. It serves for one sign-in, which replaces it by one of ours.
/// <list type="bullet">
/// <item><c>$2a$</c>, <c>$2b$</c>, <c>$2y$</c>: bcrypt of cost 4..14</item>
/// <item><c>$pbkdf2-sha256$i=310000$salt$hash</c> and <c>$pbkdf2-sha512$…</c>: PBKDF2 in the PHC format; passlib writes the number alone and <c>.</c> for <c>+</c></item>
/// <item><c>pbkdf2_sha256$iterations$salt$hash</c>: Django</item>
/// <item>base64 that begins with <c>AQAAAA</c>: ASP.NET Core Identity, version 3 (PBKDF2 with HMAC-SHA1, -SHA256 or -SHA512)</item>
/// </list>
/// </summary>
internal abstract partial class ForeignHash
{
    /// <summary>Beyond it one sign-in would cost seconds of a core. Django's own default is near a million.</summary>
    public const int IterationsMax = 2_000_000;

    public const int BcryptCostMin = 4, BcryptCostMax = 14;

    /// <summary>No form here is longer by its nature; what is longer is not looked at.</summary>
    public const int LengthMax = 512;

    const int SaltBytesMax = 128, HashBytesMin = 16, HashBytesMax = 128;

    /// <summary>Null for anything that is not one of these forms, within these bounds.</summary>
    public static ForeignHash? Read(string text) => text.Length > LengthMax ? null
        : Bcrypt().IsMatch(text) ? new BcryptHash(text)
        : text.StartsWith("$pbkdf2-", StringComparison.Ordinal) ? ReadPhc(text.Split('$'))
        : text.StartsWith("pbkdf2_sha256$", StringComparison.Ordinal) ? ReadDjango(text.Split('$'))
        : text.StartsWith("AQAAAA", StringComparison.Ordinal) ? ReadAspNet(Bytes(text)) : null;

    /// <summary>
    /// Whether the password is the one of this hash: as it was sent, and in form C. Other systems hash what their clients send, which is form C but for rare ones.
    /// </summary>
    public bool Matches(string password)
    {
        if (Verify(password)) return true;
        var normalised = Nfc.Normalise(password);
        return normalised != password && Verify(normalised);
    }

    protected abstract bool Verify(string password);

    sealed class BcryptHash(string text) : ForeignHash
    {
        protected override bool Verify(string password) => BCrypt.Net.BCrypt.Verify(password, text);
    }

    sealed class Pbkdf2Hash(HashAlgorithmName algorithm, int iterations, byte[] salt, byte[] hash) : ForeignHash
    {
        protected override bool Verify(string password)
        {
            var bytes = Encoding.UTF8.GetBytes(password);
            var derived = Rfc2898DeriveBytes.Pbkdf2(bytes, salt, iterations, algorithm, hash.Length);
            CryptographicOperations.ZeroMemory(bytes);
            return CryptographicOperations.FixedTimeEquals(derived, hash);
        }
    }

    static Pbkdf2Hash? ReadPhc(string[] parts)
    {
        if (parts is not ["", var name, var costs, var salt, var hash]) return null;
        HashAlgorithmName? algorithm = name switch { "pbkdf2-sha256" => HashAlgorithmName.SHA256, "pbkdf2-sha512" => HashAlgorithmName.SHA512, _ => null };
        // The PHC format names its parameters, and some writers give the length besides.
        var iterations = costs.Split(',') is [var first, ..] ? first.StartsWith("i=", StringComparison.Ordinal) ? first[2..] : first : "";
        return algorithm is { } known ? Of(known, iterations, Bytes(salt), Bytes(hash)) : null;
    }

    static Pbkdf2Hash? ReadDjango(string[] parts) => parts is [_, var iterations, { Length: > 0 } salt, var hash]
        ? Of(HashAlgorithmName.SHA256, iterations, Encoding.UTF8.GetBytes(salt), Bytes(hash)) : null;

    /// <summary>Format marker 1, then in network order: pseudo-random function, iterations, length of the salt; salt and subkey.</summary>
    static Pbkdf2Hash? ReadAspNet(byte[]? blob)
    {
        const int header = 13;
        if (blob is not { Length: > header } || blob[0] != 1) return null;
        HashAlgorithmName? algorithm = Number(blob, 1) switch { 0 => HashAlgorithmName.SHA1, 1 => HashAlgorithmName.SHA256, 2 => HashAlgorithmName.SHA512, _ => null };
        return algorithm is { } known && Number(blob, 9) is var salt && salt < (uint)(blob.Length - header)
            ? Of(known, Number(blob, 5).ToString(CultureInfo.InvariantCulture), blob[header..(header + (int)salt)], blob[(header + (int)salt)..]) : null;
    }

    static uint Number(byte[] blob, int at) => BinaryPrimitives.ReadUInt32BigEndian(blob.AsSpan(at));

    static Pbkdf2Hash? Of(HashAlgorithmName algorithm, string iterations, byte[]? salt, byte[]? hash) =>
        int.TryParse(iterations, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= IterationsMax
        && salt is { Length: > 0 and <= SaltBytesMax } && hash is { Length: >= HashBytesMin and <= HashBytesMax } ? new(algorithm, count, salt, hash) : null;

    /// <summary>Base64 with or without padding, also as passlib writes it; null for anything else.</summary>
    internal static byte[]? Bytes(string base64)
    {
        var text = base64.TrimEnd('=').Replace('.', '+');
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='), bytes, out var length) ? bytes[..length] : null;
    }

    [GeneratedRegex(@"\A\$2[aby]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}\z")]
    private static partial Regex Bcrypt();
}
