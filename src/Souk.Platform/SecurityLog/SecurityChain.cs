using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Souk.Platform.SecurityLog;

/// <summary>An entry with its place in the chain.</summary>
/// <param name="Seq">1, 2, 3, … without gaps.</param>
/// <param name="KeyId">Which key sealed it.</param>
/// <param name="Mac">Of the entry alone: says that it is as it was sealed, wherever it stands.</param>
/// <param name="Hash">Of the hash before it, <paramref name="Seq"/> and <paramref name="Mac"/>: says that it stands where it was sealed.</param>
public sealed record SealedEntry(long Seq, SecurityEntry Entry, short Format, byte[] KeyId, byte[] Mac, byte[] Hash)
{
    internal const string Columns = $"seq, {SecurityEntry.Columns}, format, key_id, mac, hash";

    internal static SealedEntry Read(NpgsqlDataReader row) => new(row.GetInt64(0), SecurityEntry.Read(row, 1), row.GetInt16(12), row.GetFieldValue<byte[]>(13),
        row.GetFieldValue<byte[]>(14), row.GetFieldValue<byte[]>(15));
}

/// <summary>Where a chain ends: kept elsewhere, it shows that the newest entries are still there.</summary>
public sealed record SecurityHead(long Seq, byte[] Hash)
{
    /// <summary>As it is told and taken: <c>1234:9f86d0…</c></summary>
    public override string ToString() => FormattableString.Invariant($"{Seq}:{Convert.ToHexStringLower(Hash)}");

    public static SecurityHead? Parse(string text)
    {
        var parts = text.Split(':');
        return parts.Length == 2 && long.TryParse(parts[0], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var seq)
            && parts[1].Length == 2 * SecurityChain.HashBytes && parts[1].All(char.IsAsciiHexDigit) ? new(seq, Convert.FromHexString(parts[1])) : null;
    }
}

/// <summary>
/// The hashes of the security log, keyed by the master keys: whoever can write the table but does not have them cannot compute the chain anew.
/// </summary>
public sealed class SecurityChain
{
    internal const int HashBytes = HMACSHA256.HashSizeInBytes, KeyIdBytes = 4;

    /// <summary>How an entry is written as bytes. Another way gets another number, and this one stays for what was sealed by it.</summary>
    internal const short Format = 1;

    static ReadOnlySpan<byte> EntryPurpose => "souk/security-log/entry/"u8;
    static ReadOnlySpan<byte> ChainPurpose => "souk/security-log/chain/"u8;

    readonly byte[] key;

    public SecurityChain(MasterKeys keys)
    {
        key = keys.Derive("platform.security-log");
        KeyId = Hmac([.. "souk/security-log/key-id"u8])[..KeyIdBytes];
    }

    /// <summary>Tells keys apart and nothing about them.</summary>
    public byte[] KeyId { get; }

    /// <summary>What stands before the first entry.</summary>
    internal static SecurityHead Start => new(0, new byte[HashBytes]);

    internal byte[] MacOf(SecurityEntry entry) => Hmac([.. EntryPurpose, .. Bytes(entry)]);

    internal byte[] HashOf(byte[] previous, long seq, byte[] mac)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(number, seq);
        return Hmac([.. ChainPurpose, .. previous, .. number, .. mac]);
    }

    byte[] Hmac(byte[] message) => HMACSHA256.HashData(key, message);

    /// <summary>
    /// Format 1: the format, then every column in the order of <see cref="SecurityEntry.Columns"/>: one byte 0 for null, else 1, four bytes of length and the
    /// value. Ids are 16 bytes, the time microseconds since 1970 in 8, numbers big-endian, texts UTF-8. No two entries give the same bytes.
    /// </summary>
    internal static byte[] Bytes(SecurityEntry entry)
    {
        var bytes = new List<byte>(256) { (byte)Format };
        Id(entry.Id);
        Span<byte> time = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(time, (entry.At.UtcDateTime - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        Value(time);
        Text(entry.Act);
        Text(entry.Outcome);
        Text(entry.Actor.Kind);
        Id(entry.Actor.Id);
        Text(entry.Target?.Prefix);
        Id(entry.Target?.Value);
        if (entry.Address is { } address) Value(address);
        else bytes.Add(0);
        Text(entry.Details);
        Text(entry.TraceId);
        return [.. bytes];

        void Id(Guid? id)
        {
            if (id is { } given) Value(given.ToByteArray(bigEndian: true));
            else bytes.Add(0);
        }

        void Text(string? text)
        {
            if (text is not null) Value(Encoding.UTF8.GetBytes(text));
            else bytes.Add(0);
        }

        void Value(ReadOnlySpan<byte> value)
        {
            Span<byte> length = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32BigEndian(length, value.Length);
            bytes.Add(1);
            bytes.AddRange(length);
            bytes.AddRange(value);
        }
    }
}
