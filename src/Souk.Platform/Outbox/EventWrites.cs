using Souk.Platform.Data;

namespace Souk.Platform.Outbox;

/// <summary>
/// What handlers write and need not see. The events of one step of the relay write together: statements first, in order, then what they collected, each kind
/// of row by one statement however many events there were.
/// </summary>
public sealed class EventWrites(NpgsqlConnection connection)
{
    readonly NpgsqlBatch batch = connection.CreateBatch();
    readonly Dictionary<Delegate, Action> collected = [];

    /// <summary>A statement of this event alone.</summary>
    public void Add(string sql, params ReadOnlySpan<object?> args) => batch.Add(sql, args);

    /// <summary>A row that is written with those of other events.</summary>
    /// <param name="write">Adds the statement for all rows, in the order they came. A static method: it stands for the kind of row.</param>
    public void Collect<TRow>(Action<NpgsqlBatch, IReadOnlyList<TRow>> write, TRow row)
    {
        if (collected.TryGetValue(write, out var add))
        {
            ((Rows<TRow>)add.Target!).All.Add(row);
            return;
        }
        var rows = new Rows<TRow>(batch, write);
        rows.All.Add(row);
        collected.Add(write, rows.Write);
    }

    internal async Task RunAsync(CancellationToken cancel)
    {
        foreach (var write in collected.Values) write();
        if (batch.BatchCommands.Count > 0) await batch.ExecuteNonQueryAsync(cancel);
        Clear();
    }

    internal void Clear()
    {
        batch.BatchCommands.Clear();
        collected.Clear();
    }

    sealed class Rows<TRow>(NpgsqlBatch batch, Action<NpgsqlBatch, IReadOnlyList<TRow>> write)
    {
        public List<TRow> All { get; } = [];
        public void Write() => write(batch, All);
    }
}
