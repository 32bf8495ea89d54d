using Souk.EmbeddedPostgres;

namespace Souk.Tests.EmbeddedPostgres;

/// <summary>Every refusal says what to do.</summary>
public sealed class RefuseServerTests
{
    [Fact]
    public async Task A_folder_with_other_things_in_it_is_left_alone()
    {
        await using var folder = new ClusterFolder();
        Directory.CreateDirectory(folder.Data);
        await File.WriteAllTextAsync(Path.Combine(folder.Data, "holiday.jpg"), "sun");

        var refused = await Assert.ThrowsAsync<EmbeddedPostgresException>(folder.Start);

        Assert.Contains("name another data folder", refused.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder.Data, "holiday.jpg")));
    }

    [Fact]
    public async Task A_cluster_of_another_version_is_refused()
    {
        await using var folder = new ClusterFolder();
        Directory.CreateDirectory(folder.Data);
        await File.WriteAllTextAsync(Path.Combine(folder.Data, "PG_VERSION"), "12\n");

        var refused = await Assert.ThrowsAsync<EmbeddedPostgresException>(folder.Start);

        Assert.Contains("made by PostgreSQL 12", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_superuser_password_is_named_where_it_is_needed()
    {
        await using var folder = new ClusterFolder();
        await (await folder.Start()).StopAsync();
        File.Delete(folder.Data + ".souk/superuser.password");
        File.Delete(folder.Data + ".souk/owner.password");

        var refused = await Assert.ThrowsAsync<EmbeddedPostgresException>(folder.Start);

        Assert.Contains("superuser.password is missing", refused.Message, StringComparison.Ordinal);
        // The server itself came up; end it by its id.
        await ClusterFolder.Kill(Postmaster.Read(folder.Data)!.Value.ProcessId);
    }

    [Fact]
    public async Task A_server_that_does_not_start_is_quoted()
    {
        await using var folder = new ClusterFolder();
        await (await folder.Start()).StopAsync();
        await File.AppendAllTextAsync(Path.Combine(folder.Data, "postgresql.auto.conf"), "shared_preload_libraries = 'no_such_library'\n");

        var refused = await Assert.ThrowsAsync<EmbeddedPostgresException>(folder.Start);

        Assert.Contains("no_such_library", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Shop")]
    [InlineData("a\"b")]
    [InlineData("")]
    public async Task A_database_name_that_needs_quotes_is_refused(string name)
    {
        await using var folder = new ClusterFolder();
        await Assert.ThrowsAsync<ArgumentException>(() => folder.Start(folder.Options with { Database = name }));
    }

    [Fact]
    public void A_named_place_without_a_server_is_refused_and_nothing_else_is_searched()
    {
        var empty = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():n}");
        Assert.Contains("holds no PostgreSQL", Refusal(empty, null), StringComparison.Ordinal);
        Assert.Contains(Binaries.FolderVariable, Refusal(null, empty), StringComparison.Ordinal);
        Assert.Contains("npm ci", Refusal(null, null), StringComparison.Ordinal);

        string Refusal(string? wanted, string? variable) =>
            Assert.Throws<EmbeddedPostgresException>(() => Binaries.Locate(wanted, variable, [empty])).Message;
    }

    [Theory]
    [InlineData("postgres (PostgreSQL) 18.4", "18.4")]
    [InlineData("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "15.18")]
    [InlineData("postgres (PostgreSQL) 19beta1", "19")]
    public void The_version_is_read_from_what_the_server_says(string said, string version) =>
        Assert.Equal(version, Binaries.Version(said));

    [Theory]
    [InlineData("FATAL:  could not write lock file \"postmaster.pid\": No space left on device", "free some space")]
    [InlineData("LOG:  could not bind IPv4 address \"127.0.0.1\": Address already in use", "start again")]
    [InlineData("initdb: error: invalid locale name \"C.UTF-8\"", "install it")]
    [InlineData("postgres: error while loading shared libraries: libicui18n.so.60: cannot open shared object file", "hydrate-symlinks")]
    [InlineData("FATAL:  database files are incompatible with server", "another major version")]
    [InlineData("FATAL:  could not map anonymous shared memory: Cannot allocate memory", "lower SharedBuffersMegabytes")]
    [InlineData("initdb: error: could not access directory \"/root/x\": Permission denied", "must own it")]
    [InlineData("PANIC:  could not locate a valid checkpoint record at 0/15A2B3C8", "restore a backup")]
    public void What_postgresql_says_becomes_what_to_do(string said, string advice) =>
        Assert.Contains(advice, FailureAdvice.For(said), StringComparison.Ordinal);

    [Theory]
    [InlineData("", false)]
    [InlineData("123", false)]
    [InlineData("123\n/data\n1700000000\n", false)]
    [InlineData("123\n/data\n1700000000\n15432\n", true)]
    [InlineData("-7\n/data\n1700000000\n15432\n", false)]
    public void A_pid_file_counts_when_it_is_written_as_far_as_the_port(string text, bool whole) =>
        Assert.Equal(whole ? new Postmaster(123, 15432) : null, Postmaster.Parse(text.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
}
