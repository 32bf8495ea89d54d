using Souk.Platform.Data;

namespace Souk.Platform.SecurityLog;

/// <summary>
/// Writes entries of the security log in the transaction of what they tell: no act without its entry, and no entry of what did not happen. They wait for
/// nobody: the chain is made afterwards (<see cref="Sealer"/>).
/// </summary>
public static class AppendEntry
{
    /// <summary>Adds the entry to a batch, so that it travels in the same round trip and commits with the rest.</summary>
    public static NpgsqlBatch AddSecurityEntry(this NpgsqlBatch batch, SecurityEntry entry) => batch.Add(Append, entry.ToParameter());

    /// <summary>Writes the entry in the connection's open transaction; without one, by itself.</summary>
    public static Task AppendSecurityEntryAsync(this NpgsqlConnection connection, SecurityEntry entry, CancellationToken cancel) =>
        connection.ExecuteAsync(Append, [entry.ToParameter()], cancel);

    /// <summary>Writes the entry in a transaction of its own.</summary>
    public static Task AppendSecurityEntryAsync(this NpgsqlDataSource db, SecurityEntry entry, CancellationToken cancel) =>
        db.ExecuteAsync(Append, [entry.ToParameter()], cancel);

    /// <summary>
    /// The head of an INSERT that a module continues within a statement of its own, where only that knows whether there is anything to tell:
    /// <c>{From} SELECT entry.* FROM changed, jsonb_to_record($9) {Given}</c>, with <see cref="SecurityEntry.ToParameter"/> as <c>$9</c>.
    /// </summary>
    public const string From = $"INSERT INTO platform.security_unsealed ({SecurityEntry.Columns})";

    /// <summary>What <see cref="From"/> takes, in its order, out of an entry's parameter.</summary>
    public const string Given =
        "AS entry (id uuid, at timestamptz, act text, outcome text, actor_kind text, actor_id uuid, target_kind text, target_id uuid, address bytea, details jsonb, trace_id text)";

    const string Append = $"{From} SELECT entry.* FROM jsonb_to_record($1) {Given}";
}
