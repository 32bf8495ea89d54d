using System.Security.Cryptography;

namespace Souk.Identity.Passwords;

/// <summary>
/// Secrets that passwords are keyed with (HMAC-SHA256) before they are hashed, so that a stolen database alone does not serve for guessing. Each has an id, which
/// stands in the hash as the parameter <c>keyid</c> of the PHC format.
/// </summary>
internal sealed class Peppers
{
    public const int KeyBytes = 32;

    /// <summary>The PHC format has room for so many bytes.</summary>
    const int IdLengthMax = 8;

    readonly Dictionary<string, byte[]> known = new(StringComparer.Ordinal);

    /// <summary>The id that new hashes are made with; null without a pepper.</summary>
    public string? CurrentId { get; }

    /// <exception cref="InvalidOperationException">A pepper or its id is not as the options describe; no part of a pepper is repeated.</exception>
    public Peppers(IdentityOptions options)
    {
        if (!string.IsNullOrEmpty(options.PasswordPepper)) Add(CurrentId = options.PasswordPepperId, options.PasswordPepper, nameof(IdentityOptions.PasswordPepper));
        foreach (var (id, key) in options.OldPasswordPeppers) Add(id, key, $"{nameof(IdentityOptions.OldPasswordPeppers)}:{id}");
    }

    public bool Knows(string? id) => id is null || known.ContainsKey(id);

    /// <summary>What is hashed in the password's place; the password itself without a pepper.</summary>
    public byte[] Apply(string? id, byte[] password) => id is null ? password : HMACSHA256.HashData(known[id], password);

    void Add(string id, string base64, string setting)
    {
        if (id.Length is 0 or > IdLengthMax || !id.All(char.IsAsciiLetterOrDigit))
            throw new InvalidOperationException($"The id of a pepper is 1 to {IdLengthMax} letters and digits; Identity:{setting} has another.");
        var key = new byte[KeyBytes + 1];
        if (!Convert.TryFromBase64String(base64, key, out var length) || length != KeyBytes)
            throw new InvalidOperationException($"The setting Identity:{setting} is not {KeyBytes} bytes in base64. Make one with: openssl rand -base64 32");
        if (!known.TryAdd(id, key[..KeyBytes]))
            throw new InvalidOperationException($"Two peppers have the id '{id}'. Give the new one another Identity:{nameof(IdentityOptions.PasswordPepperId)}.");
    }
}
