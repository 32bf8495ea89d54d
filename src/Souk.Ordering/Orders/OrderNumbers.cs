using System.Buffers.Binary;
using System.Security.Cryptography;
using Souk.Platform;

namespace Souk.Ordering.Orders;

/// <summary>
/// Numbers that people read to each other: unique without a look at other orders, and one says nothing of the next or of how many there are
/// (ADR 0004). <c>7K3Q-9ZDM</c>: 40 bits in Crockford's base32, upper case.
/// </summary>
/// <remarks>
/// A node takes counters in blocks, so that no order waits for another's; a block that a node did not use up is lost. The counter goes through a keyed
/// permutation (a Feistel network of <see cref="Rounds"/> rounds over 2 × 20 bits): different counters give different numbers, for 2^40 orders.
/// </remarks>
internal sealed class OrderNumbers(NpgsqlDataSource db, MasterKeys keys) : IDisposable
{
    public const int BlockSize = 1_000, Length = 9;

    const int HalfBits = 20, Rounds = 8;
    const uint HalfMask = (1u << HalfBits) - 1;

    readonly byte[] secret = keys.Derive("order-numbers");
    readonly SemaphoreSlim taking = new(1);
    long next, end;

    public async ValueTask<string> NextAsync(CancellationToken cancel)
    {
        await taking.WaitAsync(cancel);
        try
        {
            if (next == end)
            {
                next = await db.QueryFirstAsync(TakeBlock, static row => row.GetInt64(0), [], cancel) * BlockSize;
                end = next + BlockSize;
            }
            return Write(Permute((ulong)next++));
        }
        finally
        {
            taking.Release();
        }
    }

    /// <summary>The number as it is stored, for whatever spelling of it a person typed; null when it is none.</summary>
    public static string? Normalise(string typed)
    {
        // Crockford: what looks alike is alike.
        var text = typed.Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant()
            .Replace('O', '0').Replace('I', '1').Replace('L', '1');
        return text.Length == Length - 1 && text.All(char.IsAsciiLetterOrDigit) ? $"{text[..4]}-{text[4..]}" : null;
    }

    public void Dispose() => taking.Dispose();

    internal ulong Permute(ulong counter)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(counter, 1ul << (2 * HalfBits), nameof(counter));
        var (left, right) = ((uint)(counter >> HalfBits), (uint)counter & HalfMask);
        Span<byte> input = stackalloc byte[5];
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        for (byte round = 0; round < Rounds; round++)
        {
            input[0] = round;
            BinaryPrimitives.WriteUInt32BigEndian(input[1..], right);
            HMACSHA256.HashData(secret, input, hash);
            (left, right) = (right, left ^ (BinaryPrimitives.ReadUInt32BigEndian(hash) & HalfMask));
        }
        return ((ulong)left << HalfBits) | right;
    }

    static string Write(ulong value)
    {
        var text = Base32.Write(value, Length - 1).ToUpperInvariant();
        return $"{text[..4]}-{text[4..]}";
    }

    const string TakeBlock = "UPDATE ordering.order_number_blocks SET next_block = next_block + 1 RETURNING next_block - 1";
}
