using System.Security.Cryptography;
using System.Text;

namespace Souk.Identity.SecondFactors;

/// <summary>
/// One-time codes for who has lost the authenticator: 80 random bits each, as four groups of four. Only SHA-256 of account and code is stored: so many random bits
/// cannot be guessed, however fast the hash, so that nothing slow is needed as it is for passwords.
/// </summary>
internal static class RecoveryCodes
{
    public const int Count = 10;

    const int Groups = 4, GroupLength = 4;

    /// <summary>Crockford's base32: no letter that is taken for a digit.</summary>
    const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    public static IReadOnlyList<string> New() => [.. Enumerable.Range(0, Count).Select(_ =>
        string.Join('-', Enumerable.Range(0, Groups).Select(_ => RandomNumberGenerator.GetString(Alphabet, GroupLength))))];

    /// <summary>What a code is stored as, however it was typed; null for what is no such code.</summary>
    public static byte[]? Hash(Guid accountId, string code)
    {
        var typed = code.ToLowerInvariant().Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal)
            .Replace('o', '0').Replace('i', '1').Replace('l', '1');
        return typed.Length == Groups * GroupLength && typed.All(Alphabet.Contains)
            ? SHA256.HashData([.. accountId.ToByteArray(bigEndian: true), .. Encoding.ASCII.GetBytes(typed)]) : null;
    }

    /// <summary>Ten new ones in place of all there are, in the caller's transaction, which holds the row of the factor.</summary>
    public static async Task<IReadOnlyList<string>> ReplaceAsync(NpgsqlConnection connection, Guid accountId, DateTimeOffset now, CancellationToken cancel)
    {
        var codes = New();
        await connection.ExecuteAsync(DeleteAll, [accountId], cancel);
        await connection.ExecuteAsync(Insert, [accountId, Sql.Byteas(codes.Select(code => Hash(accountId, code))), now], cancel);
        return codes;
    }

    public const string DeleteAll = "DELETE FROM identity.recovery_codes WHERE account_id = $1";

    const string Insert = "INSERT INTO identity.recovery_codes (account_id, code_hash, created_at) SELECT $1, code.hash, $3 FROM unnest($2::bytea[]) AS code (hash)";
}

/// <summary>Shown this once: they are not stored.</summary>
/// <param name="RecoveryCodes">Each serves once in place of a code of the authenticator, in any case, with or without hyphens.</param>
internal sealed record NewRecoveryCodes(IReadOnlyList<string> RecoveryCodes);
