using Souk.EmbeddedPostgres;
using static Souk.Tests.EmbeddedPostgres.ClusterFolder;

namespace Souk.Tests.EmbeddedPostgres;

public sealed class StartServerTests
{
    /// <summary>Null is the npm package; beside it every version that Debian's packages have put on this machine.</summary>
    public static TheoryData<string?> Installed => new(
        (IEnumerable<string?>)[null, .. Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin"))
                .Where(bin => File.Exists(Path.Combine(bin, "initdb"))) : []]);

    [Theory, MemberData(nameof(Installed))]
    public async Task A_new_folder_becomes_a_server_that_answers_its_owner(string? binaries)
    {
        await using var folder = new ClusterFolder();
        var server = await folder.Start(folder.Options with { BinariesFolder = binaries, Database = "corner_shop", Durable = true });

        Assert.False(server.Adopted);
        Assert.Equal("corner_shop souk false", await Ask<string>(server, """
            SELECT format('%s %s %s', current_database(), current_user, (SELECT rolsuper::text FROM pg_roles WHERE rolname = current_user))
            """));
        Assert.Equal("on on on on UTC 127.0.0.1 UTF8", await Ask<string>(server, """
            SELECT string_agg(current_setting(name), ' ' ORDER BY nr)
            FROM unnest(ARRAY['fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'timezone', 'listen_addresses', 'server_encoding'])
                WITH ORDINALITY AS s (name, nr)
            """));
        Assert.Equal("ÄÉß", await Ask<string>(server, "SELECT upper('äé') || 'ß'"));
        Assert.NotEmpty(Directory.GetFiles(server.LogFolder));
    }

    [Fact]
    public async Task A_restart_keeps_the_data_and_the_port()
    {
        await using var folder = new ClusterFolder();
        var first = await folder.Start();
        await Run(first, "CREATE TABLE kept AS SELECT 42 AS answer");
        await first.StopAsync();

        var second = await folder.Start();

        Assert.False(second.Adopted);
        Assert.Equal(first.Port, second.Port);
        Assert.Equal(42, await Ask<int>(second, "SELECT answer FROM kept"));
    }

    [Fact]
    public async Task A_port_that_another_program_took_meanwhile_is_given_up()
    {
        await using var folder = new ClusterFolder();
        var first = await folder.Start();
        await first.StopAsync();
        using var other = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, first.Port);
        other.Start();

        var second = await folder.Start();

        Assert.NotEqual(first.Port, second.Port);
        Assert.Equal(1, await Ask<int>(second, "SELECT 1"));
    }

    [Fact]
    public async Task Two_folders_run_two_servers_side_by_side()
    {
        await using var folder = new ClusterFolder();
        var both = await Task.WhenAll(
            folder.Start(), folder.Start(folder.Options with { DataFolder = Path.Combine(folder.Root, "other") }));

        Assert.Equal(2, both.Select(s => s.Port).Distinct().Count());
        Assert.Equal(2, both.Select(s => s.ProcessId).Distinct().Count());
    }

    [Fact]
    public async Task A_second_database_is_made_in_a_living_cluster()
    {
        await using var folder = new ClusterFolder();
        await folder.Start();

        var second = await folder.Start(folder.Options with { Database = "second" });

        Assert.Equal("second", await Ask<string>(second, "SELECT current_database()::text"));
    }

    [Fact]
    public async Task Nobody_gets_in_without_the_password()
    {
        await using var folder = new ClusterFolder();
        var server = await folder.Start();
        var stranger = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Password = "souk", Pooling = false }.ConnectionString;

        await using var connection = new NpgsqlConnection(stranger);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync());

        Assert.Equal(PostgresErrorCodes.InvalidPassword, refused.SqlState);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.Data + ".souk/superuser.password"));
    }

    /// <summary>As in a clone below root's home: root's server runs under an account that cannot go there, and gets a copy.</summary>
    [Fact]
    public async Task Binaries_in_a_closed_folder_are_used_all_the_same()
    {
        await using var folder = new ClusterFolder();
        var package = Path.GetDirectoryName(Binaries.Locate(null, Environment.GetEnvironmentVariable(Binaries.FolderVariable), [AppContext.BaseDirectory]))!;
        var closed = Path.Combine(folder.Root, "closed");
        CopyTree(package, closed);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(closed, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var server = await folder.Start(folder.Options with { BinariesFolder = closed });

        Assert.Equal(1, await Ask<int>(server, "SELECT 1"));
    }

    static void CopyTree(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var entry in new DirectoryInfo(from).EnumerateFileSystemInfos())
            if (entry.LinkTarget is { } link) File.CreateSymbolicLink(Path.Combine(to, entry.Name), link);
            else if (entry is FileInfo file) file.CopyTo(Path.Combine(to, entry.Name));
            else CopyTree(entry.FullName, Path.Combine(to, entry.Name));
    }
}
