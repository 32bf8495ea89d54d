namespace Souk.Tests.Host;

public sealed class DoctorTests(TestPostgres postgres)
{
    [Fact]
    public async Task A_shop_that_is_well_gets_no_advice()
    {
        await using var folder = new HostFolder();
        await using (var shop = await HostProcess.StartAsync("up", "--port", "auto", "--data", folder.Path, "--no-seed"))
        {
            var (code, said) = await HostProcess.RunAsync("doctor", "--data", folder.Path);
            Assert.True(code == 0, said);
            Assert.Matches("(?m)^ok +durability", said);
            Assert.Matches("(?m)^ok +schema", said);
            Assert.DoesNotMatch("(?m)^fail", said);
            Assert.Equal(0, await shop.StopAsync());
        }
    }

    [Fact]
    public async Task Each_fault_has_a_line_that_says_what_to_do()
    {
        await using var folder = new HostFolder();
        var keys = Directory.CreateDirectory(Path.Combine(folder.Path, "keys"));
        HostFolder.Open(keys.FullName);

        var (code, said) = await HostProcess.RunAsync("doctor", "--data", folder.Path, "--database", await postgres.NewEmptyDatabaseAsync());

        Assert.Equal(1, code);
        Assert.Matches($"(?m)^fail +keys .*chmod 700 '{keys.FullName}'", said);
        Assert.Matches("(?m)^fail +schema .*souk migrate", said);
    }

    [Fact]
    public async Task A_database_that_is_away_is_a_fault_and_no_stack_trace()
    {
        await using var folder = new HostFolder();
        var (code, said) = await HostProcess.RunAsync("doctor", "--data", folder.Path, "--database", "Host=127.0.0.1;Port=1;Username=nobody;Database=nothing");
        Assert.Equal(1, code);
        Assert.Matches("(?m)^fail +database .*correct --database", said);
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
    }
}
