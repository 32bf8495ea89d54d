using Souk.Platform.Data;
using Souk.Platform.Http;

namespace Souk.Platform.Health;

/// <summary>
/// What a process says to those who start, watch and feed it. <c>/health/live</c>: it answers. <c>/health/startup</c>: the database has the schema of this
/// build; once true it stays true. <c>/health/ready</c>: send me requests; not while the database does not answer, and not from the moment it is to stop.
/// </summary>
/// <remarks>
/// Open to everyone, so an answer tells no detail and costs the database at most two statements a second, however many ask. Option
/// <c>Health:DrainSeconds</c> (0 to 60, default 0): how long a process that is to stop goes on answering while it says that it is not ready, so
/// that a load balancer sees it in time.
/// </remarks>
internal sealed class ProcessHealth : IHostedLifecycleService
{
    public const int AnswerSecondsMax = 1, DrainSecondsMax = 60;

    /// <summary>One look serves all who ask within this time.</summary>
    static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(500);

    readonly IHostApplicationLifetime lifetime;
    readonly ILogger<ProcessHealth> log;
    readonly TimeSpan drain;
    readonly Look database, schema;
    volatile bool stops, started;

    public ProcessHealth(WorkDatabase db, Migrator migrator, HealthOptions options, IHostApplicationLifetime lifetime, ILogger<ProcessHealth> log)
    {
        (this.lifetime, this.log, drain) = (lifetime, log, options.Drain);
        database = new(async cancel => await db.Source.QueryFirstAsync(Ping, static row => row.GetInt32(0), [], cancel) == 1);
        schema = new(async cancel => (await migrator.MissingAsync(options.ConnectionString, cancel)).Count == 0);
    }

    sealed record State(string Status);

    static readonly State Ok = new("ok");

    static readonly Error NotReady = new(503, "not_ready", "This process cannot serve requests now: its database does not answer, or it is about to stop.") { RetryAfterSeconds = 1 };

    static readonly Error NotStarted = new(503, "not_started", "The database does not have the schema of this build yet: run 'souk migrate'.") { RetryAfterSeconds = 1 };

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", (HttpContext http) => Answer(http, true, NotReady)).ForEveryone();
        routes.MapGet("/health/startup", async (HttpContext http, ProcessHealth health) => Answer(http, await health.HasStartedAsync(), NotStarted)).ForEveryone();
        routes.MapGet("/health/ready", async (HttpContext http, ProcessHealth health) => Answer(http, await health.IsReadyAsync(), NotReady)).ForEveryone();
    }

    static Results<Ok<State>, Error> Answer(HttpContext http, bool well, Error otherwise)
    {
        http.Response.Headers.CacheControl = "no-store";
        return well ? TypedResults.Ok(Ok) : otherwise;
    }

    async Task<bool> IsReadyAsync() => !stops && !lifetime.ApplicationStopping.IsCancellationRequested && await database.HoldsAsync();

    async Task<bool> HasStartedAsync() => started || (started = await schema.HoldsAsync());

    /// <summary>The first thing that happens at a stop: nothing else has ended yet.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        stops = true;
        if (drain == TimeSpan.Zero) return;
        log.LogInformation("Not ready any more; answering for another {Drain}", drain);
        await Task.WhenAny(Task.Delay(drain, cancellationToken));
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>A question to the database that many ask at once and that is put once.</summary>
    sealed class Look(Func<CancellationToken, Task<bool>> ask)
    {
        readonly Lock guard = new();
        Task<bool> answer = Task.FromResult(false);
        long askedAt;
        bool asked;

        public Task<bool> HoldsAsync()
        {
            lock (guard)
            {
                if (asked && (!answer.IsCompleted || TimeProvider.System.GetElapsedTime(askedAt) < LookPause)) return answer;
                (asked, askedAt) = (true, TimeProvider.System.GetTimestamp());
                return answer = AskAsync();
            }
        }

        async Task<bool> AskAsync()
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(AnswerSecondsMax));
            try
            {
                return await ask(limit.Token).WaitAsync(limit.Token);
            }
            catch (Exception away) when (away is NpgsqlException or OperationCanceledException or MigrationException)
            {
                return false;
            }
        }
    }

    const string Ping = "SELECT 1";
}

/// <param name="ConnectionString">Of the database whose schema is compared.</param>
/// <param name="Drain">How long the process answers after it said that it is not ready.</param>
internal sealed record HealthOptions(string ConnectionString, TimeSpan Drain)
{
    public static HealthOptions Read(string connectionString, IConfiguration configuration)
    {
        var text = configuration["Health:DrainSeconds"];
        if (string.IsNullOrEmpty(text)) return new(connectionString, TimeSpan.Zero);
        return int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and <= ProcessHealth.DrainSecondsMax
            ? new(connectionString, TimeSpan.FromSeconds(seconds))
            : throw new InvalidOperationException($"Health:DrainSeconds is '{text}'. Give whole seconds from 0 to {ProcessHealth.DrainSecondsMax}.");
    }
}
