using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;
using Souk.Identity.Text;

namespace Souk.Identity.Passwords;

/// <summary>
/// Argon2id (RFC 9106) in the PHC string format: <c>$argon2id$v=19$m=19456,t=2,p=1$salt$hash</c>, base64 without padding, with <c>,keyid=</c> behind the costs when
/// a pepper was used. Parameters travel with the hash, so that changing them leaves every stored password valid. Hashes of other systems
/// (<see cref="ForeignHash"/>) are verified too; they are outdated from the start.
/// </summary>
/// <remarks>
/// Costs about 20 ms and 19 MiB with the default parameters: call it through <see cref="PasswordPool"/>. The defaults are what OWASP's password storage guide asks
/// for at least; 1 lane is all that libsodium knows.
/// </remarks>
internal sealed class PasswordHash
{
    const int SaltBytes = 16, HashBytes = 32;

    /// <summary>Stored hashes beyond these are no work of ours: refused before they cost memory or time.</summary>
    const int MemoryKibibytesMax = 1_048_576, PassesMax = 16;

    readonly IdentityOptions options;
    readonly Peppers peppers;
    readonly ILogger<PasswordHash> log;

    public PasswordHash(IdentityOptions options, ILogger<PasswordHash> log)
    {
        (this.options, this.log, peppers) = (options, log, new Peppers(options));
        OfNobody = new(options.PasswordMemoryKibibytes, options.PasswordPasses, peppers.CurrentId, RandomNumberGenerator.GetBytes(SaltBytes), RandomNumberGenerator.GetBytes(HashBytes));
    }

    /// <summary>What stands in a hash.</summary>
    /// <param name="PepperId">The pepper that the password was keyed with, or null.</param>
    sealed record Parts(int Memory, int Passes, string? PepperId, byte[] Salt, byte[] Hash);

    /// <summary>What a password is compared with when there is no account: no password gives these random bytes.</summary>
    Parts OfNobody { get; }

    public string Make(string password)
    {
        var parts = OfNobody with { Salt = RandomNumberGenerator.GetBytes(SaltBytes) };
        return Write(parts with { Hash = Derive(password, parts) });
    }

    /// <summary>
    /// Whether the password is the one of this hash. Without a hash the work is the same and the answer no. A hash that cannot be verified here (its pepper is not
    /// among ours, or it is damaged) matches nothing and is logged as a fault.
    /// </summary>
    /// <param name="stored">Null when there is no account.</param>
    public bool Matches(string? stored, string password)
    {
        if (stored is not null && ForeignHash.Read(stored) is { } foreign) return foreign.Matches(password);
        var parts = stored is null ? null : Read(stored);
        var usable = parts is not null && peppers.Knows(parts.PepperId);
        if (stored is not null && !usable) Tell(parts);
        if (!usable) parts = OfNobody;
        return CryptographicOperations.FixedTimeEquals(parts!.Hash, Derive(password, parts)) && usable;
    }

    /// <summary>Whether a hash is of a form that <see cref="Matches"/> can verify here.</summary>
    public bool Takes(string stored) => ForeignHash.Read(stored) is not null || (Read(stored) is { } parts && peppers.Knows(parts.PepperId));

    /// <summary>True when the hash was not made as <see cref="Make"/> would make it today.</summary>
    public bool IsOutdated(string stored) => Read(stored) is not { } parts
        || (parts.Memory, parts.Passes, parts.PepperId, parts.Salt.Length, parts.Hash.Length)
            != (options.PasswordMemoryKibibytes, options.PasswordPasses, peppers.CurrentId, SaltBytes, HashBytes);

    /// <summary>Neither the hash nor whose it is: the number of such lines says enough.</summary>
    void Tell(Parts? parts)
    {
        if (parts is null) log.LogError(Unreadable, "A stored password hash cannot be read; its account cannot sign in. Was the database restored or edited?");
        else log.LogError(Unreadable, "A stored password hash was made with pepper {PepperId}, which is not set; its account cannot sign in. Add it to Identity:OldPasswordPeppers.", parts.PepperId);
    }

    static readonly EventId Unreadable = new(4_102, "PasswordHashUnreadable");

    /// <summary>The bytes that are hashed: UTF-8 of form C, so that the same keys typed on any system give the same password.</summary>
    byte[] Derive(string password, Parts parts)
    {
        var bytes = Encoding.UTF8.GetBytes(Nfc.Normalise(password));
        var keyed = peppers.Apply(parts.PepperId, bytes);
        try
        {
            return new Argon2id(new Argon2Parameters { DegreeOfParallelism = 1, MemorySize = parts.Memory, NumberOfPasses = parts.Passes }).DeriveBytes(keyed, parts.Salt, HashBytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
            CryptographicOperations.ZeroMemory(keyed);
        }
    }

    static string Write(Parts parts) => string.Create(CultureInfo.InvariantCulture,
        $"$argon2id$v=19$m={parts.Memory},t={parts.Passes},p=1{(parts.PepperId is null ? "" : $",keyid={Base64(Encoding.ASCII.GetBytes(parts.PepperId))}")}${Base64(parts.Salt)}${Base64(parts.Hash)}");

    /// <summary>Null for what is no hash of ours, or has parameters that this build does not take.</summary>
    static Parts? Read(string phc)
    {
        if (phc.Split('$') is not ["", "argon2id", "v=19", var costs, var salt, var hash]) return null;
        string? pepperId = null;
        if (costs.Split(',') is not [var m, var t, "p=1", .. var rest] || rest.Length > 1) return null;
        if (rest is [var keyId] && (!keyId.StartsWith("keyid=", StringComparison.Ordinal) || (pepperId = IdOf(keyId[6..])) is null)) return null;
        return Number(m, "m=") is > 0 and <= MemoryKibibytesMax and var memory && Number(t, "t=") is > 0 and <= PassesMax and var passes
            && ForeignHash.Bytes(salt) is { Length: SaltBytes } saltBytes && ForeignHash.Bytes(hash) is { Length: HashBytes } hashBytes
            ? new(memory, passes, pepperId, saltBytes, hashBytes) : null;
    }

    static string? IdOf(string base64) => ForeignHash.Bytes(base64) is { Length: > 0 } bytes ? Encoding.ASCII.GetString(bytes) : null;

    static int Number(string text, string name) => text.StartsWith(name, StringComparison.Ordinal)
        && int.TryParse(text.AsSpan(name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    static string Base64(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');
}
