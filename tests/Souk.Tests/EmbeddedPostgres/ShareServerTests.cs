using Souk.EmbeddedPostgres;
using static Souk.Tests.EmbeddedPostgres.ClusterFolder;

namespace Souk.Tests.EmbeddedPostgres;

public sealed class ShareServerTests
{
    [Fact]
    public async Task A_server_whose_host_was_killed_is_adopted_and_stopped_by_the_next()
    {
        await using var folder = new ClusterFolder();
        var dead = await folder.Start();
        KillHostOf(dead);

        var next = await folder.Start();

        Assert.True(next.Adopted);
        Assert.Equal((dead.ProcessId, dead.ConnectionString), (next.ProcessId, next.ConnectionString));
        Assert.Equal(1, await Ask<int>(next, "SELECT 1"));
        await next.StopAsync();
        Assert.Null(Postmaster.Read(folder.Data));
    }

    [Fact]
    public async Task The_last_of_two_hosts_stops_the_server()
    {
        await using var folder = new ClusterFolder();
        var (one, other) = (await folder.Start(), await folder.Start());
        Assert.True(other.Adopted);

        await one.StopAsync();
        Assert.Equal(1, await Ask<int>(other, "SELECT 1"));

        await other.StopAsync();
        Assert.Null(Postmaster.Read(folder.Data));
    }

    [Fact]
    public async Task Hosts_that_start_one_folder_at_once_get_one_server()
    {
        await using var folder = new ClusterFolder();

        var servers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(folder.Start)));

        Assert.Single(servers, s => !s.Adopted);
        Assert.Single(servers.Select(s => s.ProcessId).Distinct());
        Assert.Equal(1, await Ask<int>(servers[3], "SELECT 1"));
    }

    [Fact]
    public async Task Stopping_twice_and_stopping_a_dead_server_are_no_errors()
    {
        await using var folder = new ClusterFolder();
        var server = await folder.Start();
        await Kill(server.ProcessId);

        await server.StopAsync();
        await server.StopAsync();
        await server.DisposeAsync();
    }
}
