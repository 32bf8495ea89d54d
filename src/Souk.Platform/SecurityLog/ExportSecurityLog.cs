using System.Runtime.CompilerServices;
using Souk.Platform.Data;

namespace Souk.Platform.SecurityLog;

/// <summary>Reads the security log for whoever keeps or watches it elsewhere: oldest first, in pages, however long it is.</summary>
public static class ExportSecurityLog
{
    const int PageMax = 1_000;

    /// <summary>Entries of acts from <paramref name="since"/> up to and without <paramref name="until"/>, with the address where it can and is to be read.</summary>
    /// <param name="people">Null leaves addresses out.</param>
    public static async IAsyncEnumerable<(SealedEntry Sealed, string? Address)> ReadAsync(NpgsqlConnection connection, DateTimeOffset? since, DateTimeOffset? until,
        PersonalData? people, [EnumeratorCancellation] CancellationToken cancel)
    {
        Guid? end = until is { } before ? SecurityEntry.FirstIdAt(before) : null;
        // No entry has the first id of an instant itself, so what follows it is all from there.
        for (Guid? last = since is { } from ? SecurityEntry.FirstIdAt(from) : null; ;)
        {
            var page = await connection.QueryAsync(ReadPage, SealedEntry.Read, [last, end, PageMax], cancel);
            foreach (var row in page) yield return (row, people is null ? null : await ListSecurityLog.RevealAddressAsync(row.Entry, people, cancel));
            if (page.Count < PageMax) yield break;
            last = page[^1].Entry.Id;
        }
    }

    const string ReadPage = $"""
        SELECT {SealedEntry.Columns} FROM platform.security_log
        WHERE id > coalesce($1, {Pagination.Keyset.First}) AND id < coalesce($2, {Pagination.Keyset.Last}) ORDER BY id LIMIT $3
        """;
}
