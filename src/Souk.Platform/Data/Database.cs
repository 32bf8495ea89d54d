namespace Souk.Platform.Data;

/// <summary>How the application connects: time-outs on every session, statements prepared by themselves, a small pool.</summary>
public static class Database
{
    /// <summary>A statement that takes longer is cancelled (57014) and the caller gets a 503.</summary>
    public const int StatementSecondsMax = 30;

    /// <summary>A lock that is not had in this time fails the statement (55P03); also how long a second request waits for the first with its idempotency key.</summary>
    public const int LockSecondsMax = 5;

    /// <summary>A transaction left open and idle is ended: it would hold locks and stall vacuum.</summary>
    public const int IdleInTransactionSecondsMax = 30;

    /// <summary>Connections a process opens: many backends on one hot row halve its throughput.</summary>
    public const int PoolMax = 16;

    /// <summary>
    /// Statements are written by hand for the indexes there are: planned once, by index also while a table is so small (or was, when the plan was made) that
    /// reading it whole looks cheaper.
    /// </summary>
    const string Plans = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off";

    /// <param name="name">What the pool is called in metrics; its connection string is nobody's business there.</param>
    /// <param name="options">Settings of its sessions that differ, as <c>-c name=value</c>.</param>
    public static NpgsqlDataSource Connect(string connectionString, ILoggerFactory? logs = null, string name = "souk", string options = "")
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = "souk",
            MaxAutoPrepare = 200,
            AutoPrepareMinUsages = 2,
            // Nothing sets anything for a session (SET LOCAL only), so there is nothing to undo when a connection goes back: it would cost each statement another half.
            NoResetOnClose = true,
        };
        if (!connectionString.Contains("Pool", StringComparison.OrdinalIgnoreCase)) settings.MaxPoolSize = PoolMax;
        settings.Options = $"{settings.Options} -c statement_timeout={StatementSecondsMax}s -c lock_timeout={LockSecondsMax}s " +
            $"-c idle_in_transaction_session_timeout={IdleInTransactionSecondsMax}s -c timezone=UTC {Plans} {options}";
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString) { Name = name };
        if (logs is not null) builder.UseLoggerFactory(logs);
        return builder.Build();
    }
}
