using Souk.EmbeddedPostgres;
using static Souk.Tests.EmbeddedPostgres.ClusterFolder;

namespace Souk.Tests.EmbeddedPostgres;

public sealed class RecoverServerTests
{
    [Fact]
    public async Task A_killed_server_comes_back_with_everything_committed()
    {
        await using var folder = new ClusterFolder();
        var first = await folder.Start();
        await Run(first, "CREATE TABLE kept AS SELECT generate_series(1, 1000)");
        KillHostOf(first);
        await Kill(first.ProcessId);

        var second = await folder.Start();

        Assert.False(second.Adopted);
        Assert.Equal(1000, await Ask<long>(second, "SELECT count(*) FROM kept"));
    }

    /// <summary>A busy backend does not notice that its server is gone, and keeps the next one from starting.</summary>
    [Fact]
    public async Task Orphans_of_a_killed_server_do_not_hinder_the_next()
    {
        await using var folder = new ClusterFolder();
        var first = await folder.Start();
        await using var connection = new NpgsqlConnection(first.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        var backend = connection.ProcessID;
        await using var endless = new NpgsqlCommand("DO $$ BEGIN LOOP END LOOP; END $$", connection) { CommandTimeout = 0 };
        var busy = endless.ExecuteNonQueryAsync();
        KillHostOf(first);
        await Kill(first.ProcessId);
        Assert.Contains(backend, Postmaster.ProcessesIn(folder.Data));

        var second = await folder.Start();

        Assert.Equal(1, await Ask<int>(second, "SELECT 1"));
        Assert.DoesNotContain(backend, Postmaster.ProcessesIn(folder.Data));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => busy);
    }

    [Fact]
    public async Task An_immediate_stop_loses_nothing_committed()
    {
        await using var folder = new ClusterFolder();
        var first = await folder.Start(folder.Options with { Durable = true });
        await Run(first, "CREATE TABLE kept AS SELECT generate_series(1, 1000)");
        await first.StopAsync(StopMode.Immediate);

        var second = await folder.Start();

        Assert.Equal(1000, await Ask<long>(second, "SELECT count(*) FROM kept"));
    }

    [Fact]
    public async Task A_server_that_died_under_its_host_is_revived_on_the_same_port()
    {
        await using var folder = new ClusterFolder();
        var server = await folder.Start();
        var (connectionString, processId) = (server.ConnectionString, server.ProcessId);
        Assert.False(await server.ReviveAsync());
        await Kill(processId);

        Assert.True(await server.ReviveAsync());

        Assert.Equal(connectionString, server.ConnectionString);
        Assert.NotEqual(processId, server.ProcessId);
        Assert.Equal(1, await Ask<int>(server, "SELECT 1"));
    }

    [Fact]
    public async Task A_half_initialised_folder_is_begun_again()
    {
        await using var folder = new ClusterFolder();
        Directory.CreateDirectory(Path.Combine(folder.Data + ".new-1", "base"));
        await File.WriteAllTextAsync(Path.Combine(folder.Data + ".new-1", "PG_VERSION"), "18\n");

        var server = await folder.Start();

        Assert.Equal(1, await Ask<int>(server, "SELECT 1"));
        Assert.False(Directory.Exists(folder.Data + ".new-1"));
    }

    [Fact]
    public async Task An_initialisation_that_was_cancelled_can_be_tried_again()
    {
        await using var folder = new ClusterFolder();
        using var cancel = new CancellationTokenSource();
        // Cancels as soon as the first file of the new cluster is there.
        Directory.CreateDirectory(Path.GetDirectoryName(folder.Data)!);
        using var watch = new FileSystemWatcher(Path.GetDirectoryName(folder.Data)!) { IncludeSubdirectories = true };
        watch.Created += (_, made) => { if (made.Name?.StartsWith("pg.new-", StringComparison.Ordinal) == true) cancel.Cancel(); };
        watch.EnableRaisingEvents = true;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => EmbeddedPostgresServer.StartAsync(folder.Options, progress: null, cancel.Token));
        Assert.False(Directory.Exists(folder.Data));

        Assert.Equal(1, await Ask<int>(await folder.Start(), "SELECT 1"));
    }

    /// <summary>After a reboot, or in a container, the number in the pid file may be any other program's: here our own.</summary>
    [Fact]
    public async Task A_pid_file_with_another_programs_number_is_no_server()
    {
        await using var folder = new ClusterFolder();
        var first = await folder.Start();
        var written = await File.ReadAllLinesAsync(Postmaster.PidFile(folder.Data));
        await first.StopAsync();
        written[0] = $"{Environment.ProcessId}";
        await File.WriteAllLinesAsync(Postmaster.PidFile(folder.Data), written);

        var second = await folder.Start();

        Assert.False(second.Adopted);
        Assert.Equal(1, await Ask<int>(second, "SELECT 1"));
    }

    [Fact]
    public async Task A_lost_owner_password_is_replaced()
    {
        await using var folder = new ClusterFolder();
        var first = await folder.Start();
        await first.StopAsync();
        File.Delete(folder.Data + ".souk/owner.password");

        var second = await folder.Start();

        Assert.NotEqual(first.ConnectionString, second.ConnectionString);
        Assert.Equal(1, await Ask<int>(second, "SELECT 1"));
    }
}
