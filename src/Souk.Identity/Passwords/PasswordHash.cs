using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;
using Souk.Identity.Text;

namespace Souk.Identity.Passwords;

/// <summary>
/// Argon2id (RFC 9106) in the PHC string format: <c>$argon2id$v=19$m=19456,t=2,p=1$salt$hash</c>, base64 without padding. Parameters travel with
/// the hash, so that raising them leaves every stored password valid.
/// </summary>
/// <remarks>Costs about 20 ms and 19 MiB: call it through <see cref="PasswordPool"/>.</remarks>
internal static class PasswordHash
{
    /// <summary>What OWASP's password storage guide asks for at least; 1 lane is all that libsodium knows.</summary>
    public const int MemoryKibibytes = 19_456, Passes = 2;

    const int SaltBytes = 16, HashBytes = 32;

    /// <summary>Stored hashes beyond these are no work of ours: refused before they cost memory or time.</summary>
    const int MemoryKibibytesMax = 1_048_576, PassesMax = 16;

    /// <summary>What a password is compared with when there is no account: no password gives these random bytes.</summary>
    public static readonly string OfNobody = Write(MemoryKibibytes, Passes, RandomNumberGenerator.GetBytes(SaltBytes), RandomNumberGenerator.GetBytes(HashBytes));

    public static string Make(string password, int memoryKibibytes = MemoryKibibytes, int passes = Passes)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return Write(memoryKibibytes, passes, salt, Derive(password, salt, memoryKibibytes, passes));
    }

    public static bool Matches(string phc, string password)
    {
        var (memory, passes, salt, hash) = Read(phc);
        return CryptographicOperations.FixedTimeEquals(hash, Derive(password, salt, memory, passes));
    }

    /// <summary>True when the hash was made with other parameters than today's.</summary>
    public static bool IsOutdated(string phc) => Read(phc) is var (memory, passes, salt, hash)
        && (memory, passes, salt.Length, hash.Length) != (MemoryKibibytes, Passes, SaltBytes, HashBytes);

    /// <summary>The bytes that are hashed: UTF-8 of form C, so that the same keys typed on any system give the same password.</summary>
    static byte[] Derive(string password, byte[] salt, int memoryKibibytes, int passes)
    {
        var bytes = Encoding.UTF8.GetBytes(Nfc.Normalise(password));
        try
        {
            return new Argon2id(new Argon2Parameters { DegreeOfParallelism = 1, MemorySize = memoryKibibytes, NumberOfPasses = passes })
                .DeriveBytes(bytes, salt, HashBytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    static string Write(int memoryKibibytes, int passes, byte[] salt, byte[] hash) => string.Create(CultureInfo.InvariantCulture,
        $"$argon2id$v=19$m={memoryKibibytes},t={passes},p=1${Base64(salt)}${Base64(hash)}");

    static (int Memory, int Passes, byte[] Salt, byte[] Hash) Read(string phc)
    {
        var parts = phc.Split('$');
        if (parts is not ["", "argon2id", "v=19", var costs, var salt, var hash]) throw new FormatException("A stored password hash is no PHC string of argon2id.");
        var numbers = costs.Split(',').Select(c => c.Split('=') is [_, var number] ? int.Parse(number, NumberStyles.None, CultureInfo.InvariantCulture) : 0).ToArray();
        return numbers is [> 0 and <= MemoryKibibytesMax and var memory, > 0 and <= PassesMax and var passes, 1]
            ? (memory, passes, Bytes(salt), Bytes(hash))
            : throw new FormatException("A stored password hash has parameters that this build does not take.");
    }

    static string Base64(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    static byte[] Bytes(string base64) => Convert.FromBase64String(base64.PadRight((base64.Length + 3) / 4 * 4, '='));
}
