using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Souk.Platform;

/// <summary>The bytes of one person in people.keys; <see cref="FileKeyStore"/> draws them.</summary>
static class KeyRecord
{
    /// <summary>A power of two that divides a disk sector: a record is never torn across two sectors or two pages.</summary>
    public const int Bytes = 128;

    const byte Version = 1;
    const byte Alive = 1, Destroyed = 2;
    const int PersonAt = 8, WrappedAt = 24, ChecksumAt = WrappedAt + StoredKey.WrappedBytesMax;

    public static void Write(Span<byte> record, Guid personId, StoredKey key)
    {
        record.Clear();
        record[0] = Version;
        record[1] = key.Wrapped is null ? Destroyed : Alive;
        BinaryPrimitives.WriteUInt16BigEndian(record[2..], (ushort)(key.Wrapped?.Length ?? 0));
        personId.TryWriteBytes(record[PersonAt..], bigEndian: true, out _);
        key.Wrapped?.CopyTo(record[WrappedAt..]);
        Checksum(record, record[ChecksumAt..]);
    }

    /// <summary>False when the bytes are no whole record, whatever the reason.</summary>
    public static bool TryRead(ReadOnlySpan<byte> record, out Guid personId, out StoredKey key)
    {
        (personId, key) = (Guid.Empty, StoredKey.Destroyed);
        Span<byte> checksum = stackalloc byte[Bytes - ChecksumAt];
        Checksum(record, checksum);
        if (record[0] != Version || !checksum.SequenceEqual(record[ChecksumAt..])) return false;

        var length = BinaryPrimitives.ReadUInt16BigEndian(record[2..]);
        if (length > StoredKey.WrappedBytesMax) return false;
        personId = new Guid(record.Slice(PersonAt, 16), bigEndian: true);
        if (record[1] == Alive) key = new StoredKey(record.Slice(WrappedAt, length).ToArray());
        return record[1] is Alive or Destroyed;
    }

    static void Checksum(ReadOnlySpan<byte> record, Span<byte> checksum)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(record[..ChecksumAt], hash);
        hash[..checksum.Length].CopyTo(checksum);
    }
}
