using System.Globalization;

namespace Souk.EmbeddedPostgres;

/// <summary>The server's settings for a shop on one machine. What an operator sets with ALTER SYSTEM wins over them.</summary>
internal static class Settings
{
    public const string FileName = "souk.conf";

    public static string Text(EmbeddedPostgresOptions options, int port) => string.Create(CultureInfo.InvariantCulture, $"""
        # Written at every start. Set your own with ALTER SYSTEM, which overrides these.
        listen_addresses = '127.0.0.1'
        port = {port}
        # A socket's path may hold 107 bytes only, and a data folder may lie deeper.
        unix_socket_directories = ''
        max_connections = {options.MaxConnections}
        cluster_name = 'souk'

        # What was committed survives a killed server in any case, and a power cut unless the cluster is a throw-away one.
        synchronous_commit = on
        fsync = {OnOff(options.Durable)}
        full_page_writes = {OnOff(options.Durable)}
        wal_level = replica
        max_wal_size = 1GB
        min_wal_size = 128MB
        checkpoint_timeout = 15min
        checkpoint_completion_target = 0.9

        # Statistics of tables that grow from nothing, and with them the plans that are kept, are made anew within seconds.
        autovacuum_naptime = 15s

        shared_buffers = {options.SharedBuffersMegabytes}MB
        # Disks without heads; and short statements, for which compiling costs more than it gains.
        random_page_cost = 1.1
        effective_io_concurrency = 64
        jit = off

        timezone = 'UTC'
        log_timezone = 'UTC'
        lc_messages = 'C'

        # A file per weekday, overwritten after a week. Terse and without parameters: details of errors quote rows, and rows hold people's names.
        logging_collector = on
        log_directory = 'log'
        log_filename = 'postgresql-%a.log'
        log_rotation_age = 1d
        log_rotation_size = 0
        log_truncate_on_rotation = on
        log_line_prefix = '%m [%p] %q%u@%d '
        log_error_verbosity = terse
        log_min_duration_statement = 1s
        log_parameter_max_length = 0
        log_parameter_max_length_on_error = 0
        log_lock_waits = on

        """);

    static string OnOff(bool on) => on ? "on" : "off";
}
