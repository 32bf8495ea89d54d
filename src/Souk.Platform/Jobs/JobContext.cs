using Souk.Platform.Data;

namespace Souk.Platform.Jobs;

/// <summary>The job being run, and the way to finish it inside the handler's own transaction.</summary>
/// <param name="Attempt">1 for the first try.</param>
public sealed record JobContext(Guid Id, int Attempt, IServiceProvider Services)
{
    /// <summary>True once <see cref="CompleteAsync"/> has run; the runner then has nothing left to do.</summary>
    internal bool Completed { get; private set; }

    /// <summary>
    /// Finishes the job in the caller's transaction, so that effect and completion are one fact. Throws when another worker has taken the job
    /// over (our lease ran out): the caller's transaction then rolls back. A handler that never calls it is finished after it returns.
    /// </summary>
    public async Task CompleteAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        if (await connection.ExecuteAsync(Complete, [Id, Attempt], cancel) == 0)
            throw new LeaseLostException($"Job {Id} was taken over by another worker.");
        Completed = true;
    }

    // The attempt is the fence: whoever claims the job after us counts one more.
    internal const string Complete = "DELETE FROM platform.jobs WHERE id = $1 AND attempts = $2";
}

/// <summary>Another worker runs this job now; whatever we were about to commit must not be.</summary>
public sealed class LeaseLostException(string message) : Exception(message);
