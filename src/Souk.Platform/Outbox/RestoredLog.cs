using Souk.Platform.Data;

namespace Souk.Platform.Outbox;

/// <summary>
/// A logical dump that is restored into another cluster brings its transaction ids along, while the cluster counts its own: new events would lie behind
/// cursors that stand in the future, and never be read. This notices it, and orders the log anew.
/// </summary>
/// <remarks>
/// A row or a cursor above every transaction id that the cluster has given out cannot be its own; no right to look at the cluster is needed. (A cluster that
/// has counted further than the dump needs no repair: its new events lie above the old ones.) What some subscriber has not read moves to the end of the log;
/// those that had handled it know the versions and pass it over.
/// </remarks>
internal static class RestoredLog
{
    const int RepairSecondsMax = 600;

    /// <summary>True when the log was out of order and has been repaired. Costs two index probes otherwise. Safe on several nodes at once, and to repeat.</summary>
    public static async Task<bool> RepairAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        if (!await connection.QueryFirstAsync(IsFromElsewhere, static row => row.GetBoolean(0), [], cancel)) return false;
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        // Whoever is writing events ends first, so that all there is can be seen.
        await connection.ExecuteAsync("LOCK TABLE platform.subscribers, platform.outbox IN SHARE ROW EXCLUSIVE MODE", [], cancel);
        var still = await connection.QueryFirstAsync(IsFromElsewhere, static row => row.GetBoolean(0), [], cancel);
        if (still)
        {
            await connection.ExecuteAsync($"SET LOCAL statement_timeout = '{RepairSecondsMax}s'", [], cancel);
            await using var move = connection.Command(MoveUnread);
            move.CommandTimeout = RepairSecondsMax;
            await move.ExecuteNonQueryAsync(cancel);
            await connection.ExecuteAsync(ResetCursors, [], cancel);
        }
        await transaction.CommitAsync(cancel);
        return still;
    }

    const string IsFromElsewhere = """
        SELECT coalesce((SELECT xid FROM platform.outbox ORDER BY xid DESC, id DESC LIMIT 1) >= pg_snapshot_xmax(pg_current_snapshot()), false)
            OR EXISTS (SELECT FROM platform.subscribers WHERE xid > pg_snapshot_xmax(pg_current_snapshot()))
        """;

    const string MoveUnread = """
        WITH here AS (
            SELECT pg_snapshot_xmax(pg_current_snapshot()) AS xmax
        ), old AS (
            -- The last row that is surely of the old cluster: what was written since has a higher id, and may have a transaction id that looks read.
            SELECT coalesce(max(o.id), 0) AS id FROM platform.outbox o, here WHERE o.xid >= here.xmax
        )
        UPDATE platform.outbox o
        SET xid = CASE WHEN o.id > old.id AND o.xid < here.xmax OR EXISTS (SELECT FROM platform.subscribers s WHERE (s.xid, s.id) < (o.xid, o.id))
            THEN pg_current_xact_id() ELSE '0' END
        FROM here, old
        """;

    const string ResetCursors = "UPDATE platform.subscribers SET xid = pg_snapshot_xmin(pg_current_snapshot()), id = 0";
}
