using System.Security.Cryptography;
using Souk.Platform.Data;

namespace Souk.Platform.SecurityLog;

/// <summary>How the log was broken, as far as the chain can tell.</summary>
public enum LogFault
{
    /// <summary>Entries are not there, in the middle or at the end.</summary>
    Missing,

    /// <summary>It is not as it was sealed, or was never sealed by this shop.</summary>
    Changed,

    /// <summary>It is as it was sealed, but not where: entries were exchanged, or some before it taken out.</summary>
    Moved,

    /// <summary>It was sealed under another key than was given.</summary>
    ForeignKey,
}

/// <summary>The first place where the log is not what was sealed.</summary>
public sealed record LogBreak(long Seq, LogFault Fault, string Says);

/// <param name="Entries">How many were found whole, from the first on.</param>
/// <param name="From">The earliest time among them; null without any.</param>
/// <param name="Head">The last of them: keep it, to verify against later.</param>
/// <param name="Waiting">Entries that have waited longer than <see cref="VerifySecurityLog.WaitMax"/> to be sealed: until then they can be changed unseen.</param>
public sealed record LogVerdict(long Entries, DateTimeOffset? From, DateTimeOffset? To, SecurityHead Head, LogBreak? Break, long Waiting);

/// <summary>
/// Reads the whole security log, computes every hash again and says where it first differs. Changes nothing; the shop may run, and the log grow, meanwhile.
/// </summary>
public static class VerifySecurityLog
{
    const int PageMax = 1_000;

    /// <summary>A sealer that runs takes an entry within about a second.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromMinutes(1);

    /// <param name="kept">A head that was told or exported before, if there is one: without it a log whose end was cut off looks whole.</param>
    public static async Task<LogVerdict> RunAsync(NpgsqlConnection connection, SecurityChain chain, SecurityHead? kept, CancellationToken cancel)
    {
        // Before the walk: what is sealed meanwhile comes behind it.
        var stored = await connection.QueryFirstAsync(ReadHead, static row => new SecurityHead(row.GetInt64(0), row.GetFieldValue<byte[]>(1)), [], cancel);
        var (at, entries, from, to) = (SecurityChain.Start, 0L, (DateTimeOffset?)null, (DateTimeOffset?)null);
        LogBreak? broken = null;
        await foreach (var entry in ReadAsync(connection, cancel))
        {
            broken = Check(chain, at, entry);
            if (broken is null && Differs(kept, entry)) broken = new(entry.Seq, LogFault.Changed, $"entry {entry.Seq} is not the one whose head was kept: the log was made anew from there or before");
            if (broken is null && Differs(stored, entry)) broken = new(entry.Seq, LogFault.Changed, $"entry {entry.Seq} is not the one that the shop sealed last");
            if (broken is not null) break;
            (at, entries) = (new(entry.Seq, entry.Hash), entries + 1);
            (from, to) = (Least(from, entry.Entry.At), Greatest(to, entry.Entry.At));
        }
        broken ??= CutOff(at, stored, "the shop has sealed") ?? CutOff(at, kept, "a head was kept of");
        var waiting = await connection.QueryFirstAsync(CountWaiting, static row => row.GetInt64(0), [WaitMax], cancel);
        return new(entries, from, to, at, broken, waiting);
    }

    /// <summary>What is wrong with an entry that stands behind <paramref name="before"/>; null when it is as it was sealed. Pure.</summary>
    internal static LogBreak? Check(SecurityChain chain, SecurityHead before, SealedEntry entry)
    {
        var expected = before.Seq + 1;
        if (entry.Seq != expected)
            return new(expected, LogFault.Missing, entry.Seq - expected == 1 ? $"entry {expected} is missing" : $"entries {expected} to {entry.Seq - 1} are missing");
        if (!entry.KeyId.AsSpan().SequenceEqual(chain.KeyId))
            return new(entry.Seq, LogFault.ForeignKey, $"entry {entry.Seq} was sealed under another key ({Convert.ToHexStringLower(entry.KeyId)}, these are {Convert.ToHexStringLower(chain.KeyId)})");
        if (entry.Format != SecurityChain.Format || !CryptographicOperations.FixedTimeEquals(entry.Mac, chain.MacOf(entry.Entry)))
            return new(entry.Seq, LogFault.Changed, $"entry {entry.Seq} is not as it was sealed: it was edited, or written by another hand");
        return CryptographicOperations.FixedTimeEquals(entry.Hash, chain.HashOf(before.Hash, entry.Seq, entry.Mac)) ? null
            : new(entry.Seq, LogFault.Moved, $"entry {entry.Seq} does not follow from the one before it: entries were moved or taken out");
    }

    static bool Differs(SecurityHead? head, SealedEntry entry) => head is not null && head.Seq == entry.Seq && !head.Hash.AsSpan().SequenceEqual(entry.Hash);

    static LogBreak? CutOff(SecurityHead last, SecurityHead? head, string who) => head is null || head.Seq <= last.Seq ? null
        : new(last.Seq + 1, LogFault.Missing, $"the log ends with entry {last.Seq}, but {who} entry {head.Seq}: its end was cut off");

    static DateTimeOffset Least(DateTimeOffset? a, DateTimeOffset b) => a is { } known && known < b ? known : b;

    static DateTimeOffset Greatest(DateTimeOffset? a, DateTimeOffset b) => a is { } known && known > b ? known : b;

    static async IAsyncEnumerable<SealedEntry> ReadAsync(NpgsqlConnection connection, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        for (var last = 0L; ;)
        {
            var page = await connection.QueryAsync(ReadPage, SealedEntry.Read, [last, PageMax], cancel);
            foreach (var entry in page) yield return entry;
            if (page.Count < PageMax) yield break;
            last = page[^1].Seq;
        }
    }

    const string ReadHead = "SELECT seq, hash FROM platform.security_head WHERE is_only_row";

    const string ReadPage = $"SELECT {SealedEntry.Columns} FROM platform.security_log WHERE seq > $1 ORDER BY seq LIMIT $2";

    const string CountWaiting = "SELECT count(*) FROM platform.security_unsealed WHERE at < clock_timestamp() - $1::interval";
}
