using Souk.Platform.Data;

namespace Souk.Platform.Jobs;

/// <summary>Puts work into the database in the caller's transaction: it will be done if, and only if, that commits.</summary>
public static class JobQueue
{
    /// <param name="type">As registered: <c>payments.settle-payment</c>.</param>
    /// <param name="dueAt">Not before this instant.</param>
    public static Task EnqueueJobAsync<TArgs>(this NpgsqlConnection connection, string type, TArgs args, DateTimeOffset dueAt, CancellationToken cancel)
        where TArgs : notnull => connection.ExecuteAsync(Enqueue, [Guid.CreateVersion7(dueAt), type, Sql.Jsonb(args), dueAt], cancel);

    /// <summary>The same as one more statement of a batch.</summary>
    public static NpgsqlBatch AddJob<TArgs>(this NpgsqlBatch batch, string type, TArgs args, DateTimeOffset dueAt)
        where TArgs : notnull => batch.Add(Enqueue, Guid.CreateVersion7(dueAt), type, Sql.Jsonb(args), dueAt);

    const string Enqueue = "INSERT INTO platform.jobs (id, type, args, due_at) VALUES ($1, $2, $3, $4)";
}
