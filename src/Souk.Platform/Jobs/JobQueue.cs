using Souk.Platform.Data;
using Souk.Platform.Telemetry;

namespace Souk.Platform.Jobs;

/// <summary>Puts work into the database in the caller's transaction: it will be done if, and only if, that commits.</summary>
public static class JobQueue
{
    /// <param name="type">As registered: <c>payments.settle-payment</c>.</param>
    /// <param name="dueAt">Not before this instant.</param>
    public static Task EnqueueJobAsync<TArgs>(this NpgsqlConnection connection, string type, TArgs args, DateTimeOffset dueAt, CancellationToken cancel)
        where TArgs : notnull => connection.ExecuteAsync(Enqueue, [IdOf(dueAt), type, Sql.Jsonb(args), dueAt], cancel);

    /// <summary>The same as one more statement of a batch.</summary>
    public static NpgsqlBatch AddJob<TArgs>(this NpgsqlBatch batch, string type, TArgs args, DateTimeOffset dueAt)
        where TArgs : notnull => batch.Add(Enqueue, IdOf(dueAt), type, Sql.Jsonb(args), dueAt);

    /// <summary>
    /// The head of an INSERT that a module continues with a SELECT of its own, where only the statement knows which jobs there are.
    /// </summary>
    public const string EnqueueFrom = "INSERT INTO platform.jobs (id, type, args, due_at)";

    /// <summary>
    /// The head of a DELETE that a module continues with <c>x WHERE j.id = x.… AND j.attempts = 0</c>, where only the statement knows which jobs nobody needs to do any
    /// more; one that has begun is left to end.
    /// </summary>
    public const string WithdrawFrom = "DELETE FROM platform.jobs j USING";

    /// <summary>By its id the job's trace is found from the one that asked for it.</summary>
    static Guid IdOf(DateTimeOffset dueAt)
    {
        var id = Guid.CreateVersion7(dueAt);
        Traces.Concerns(Traces.JobId, id);
        return id;
    }

    const string Enqueue = $"{EnqueueFrom} VALUES ($1, $2, $3, $4)";
}
