using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Souk.Platform;

namespace Souk.Identity.Email;

/// <summary>A token as it was read: authentic, and perhaps no longer open.</summary>
internal sealed record MailToken(Guid AccountId, Guid Id);

/// <summary>
/// The tokens in mails: base64url of account (16 bytes), row (16) and an HMAC-SHA256 of both and the purpose (32). Only the row is stored: the token is
/// derived when a mail is written, so that neither database nor jobs hold it, and one that was made up, or is of another purpose, reads no database.
/// A token serves once and until its row's end.
/// </summary>
internal sealed class MailTokens(MasterKeys keys)
{
    public const string Verify = "verify_email", Reset = "reset_password", Change = "change_email";

    /// <summary>A row without a token, of a mail that tells something: to be counted.</summary>
    public const string Notice = "notice";

    public static readonly TimeSpan VerifyTime = TimeSpan.FromHours(24), ResetTime = TimeSpan.FromHours(1), ChangeTime = TimeSpan.FromHours(24);

    const int IdBytes = 16, SecretBytes = 32, TokenBytes = 2 * IdBytes + SecretBytes;

    readonly byte[] key = keys.Derive("identity.mail-tokens");

    public string Write(Guid accountId, Guid id, string purpose)
    {
        byte[] ids = [.. accountId.ToByteArray(bigEndian: true), .. id.ToByteArray(bigEndian: true)];
        byte[] bound = [.. Encoding.ASCII.GetBytes(purpose), 0, .. ids];
        return Base64Url.EncodeToString([.. ids, .. HMACSHA256.HashData(key, bound)]);
    }

    /// <summary>Null for what was never made here for this purpose.</summary>
    public MailToken? Read(string? text, string purpose)
    {
        Span<byte> bytes = stackalloc byte[TokenBytes];
        if (text is null || text.Length != Base64Url.GetEncodedLength(TokenBytes) || !Base64Url.IsValid(text)
            || !Base64Url.TryDecodeFromChars(text, bytes, out var written) || written != TokenBytes) return null;
        var token = new MailToken(new(bytes[..IdBytes], bigEndian: true), new(bytes[IdBytes..(2 * IdBytes)], bigEndian: true));
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(text), Encoding.ASCII.GetBytes(Write(token.AccountId, token.Id, purpose))) ? token : null;
    }

    /// <summary>How many mails of some purposes an account gets within some time.</summary>
    public sealed record Limit(int MailsMax, TimeSpan Within, params string[] Purposes);

    /// <summary>One is enough: whoever lost it sets a new password, which verifies as well.</summary>
    public static readonly Limit VerifyLimit = new(1, VerifyTime, Verify);

    /// <summary>What strangers can cause. Whoever is kept from more has tokens that serve.</summary>
    public static readonly Limit StrangersLimit = new(3, TimeSpan.FromHours(1), Reset, Notice);

    /// <summary>
    /// In the caller's transaction: a new row of the account, or null when it got as many mails as it may. The account's row is locked, so that of many
    /// who ask at once no more than the limit get one.
    /// </summary>
    public static async Task<Guid?> IssueAsync(NpgsqlConnection connection, Guid accountId, string purpose, TimeSpan time, Limit limit, DateTimeOffset now, CancellationToken cancel)
    {
        if (await connection.QueryFirstAsync(LockAccounts, static row => row.GetGuid(0), [new[] { accountId }], cancel) == default) return null;
        if (await connection.QueryFirstAsync(CountOfAccount, static row => row.GetInt32(0), [accountId, limit.Purposes, now - limit.Within], cancel) >= limit.MailsMax) return null;
        var id = Guid.CreateVersion7(now);
        await connection.ExecuteAsync(Insert, [accountId, id, purpose, now, now + time], cancel);
        return id;
    }

    /// <summary>In the caller's transaction: true once for an open token. Lock the account first, as everybody does.</summary>
    public static async Task<bool> UseAsync(NpgsqlConnection connection, MailToken token, string purpose, DateTimeOffset now, CancellationToken cancel) =>
        await connection.ExecuteAsync(Use, [token.AccountId, token.Id, purpose, now], cancel) == 1;

    /// <summary>In the caller's transaction: open tokens of these purposes serve no more.</summary>
    public static Task WithdrawAsync(NpgsqlConnection connection, Guid accountId, string[] purposes, DateTimeOffset now, CancellationToken cancel) =>
        connection.ExecuteAsync(Withdraw, [accountId, purposes, now], cancel);

    /// <summary>True for a token that has done its work: to those who send it again after a lost answer nothing else needs to be said.</summary>
    public static Task<bool> WasUsedAsync(NpgsqlConnection connection, MailToken token, CancellationToken cancel) =>
        connection.QueryFirstAsync(WasUsed, static row => row.GetBoolean(0), [token.AccountId, token.Id], cancel);

    /// <summary>Of one account or several, in key order, so that nobody waits for somebody who waits for them.</summary>
    public const string LockAccounts = "SELECT id FROM identity.accounts WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE";

    const string CountOfAccount = "SELECT count(*)::int FROM identity.mail_tokens WHERE account_id = $1 AND purpose = ANY($2) AND created_at > $3";

    const string Insert = "INSERT INTO identity.mail_tokens (account_id, id, purpose, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)";

    const string Use = """
        UPDATE identity.mail_tokens SET used_at = $4
        WHERE account_id = $1 AND id = $2 AND purpose = $3 AND used_at IS NULL AND withdrawn_at IS NULL AND expires_at > $4
        """;

    const string Withdraw = """
        UPDATE identity.mail_tokens SET withdrawn_at = $3
        WHERE account_id = $1 AND purpose = ANY($2) AND used_at IS NULL AND withdrawn_at IS NULL
        """;

    const string WasUsed = "SELECT used_at IS NOT NULL FROM identity.mail_tokens WHERE account_id = $1 AND id = $2";
}
