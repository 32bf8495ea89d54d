using System.Text.Json;
using Souk.Platform.Data;
using Souk.Tests.Identity;
using Souk.Tests.Platform.SecurityLog;

namespace Souk.Tests.Host;

/// <summary>The command as an auditor or a timer runs it, beside a shop that runs.</summary>
public sealed class AuditTests(TestShop shop) : IClassFixture<TestShop>
{
    [Fact]
    public async Task A_whole_log_a_kept_head_an_export_and_then_an_edit()
    {
        var anna = await shop.NewPerson();
        await shop.EventuallySealed();
        var (code, said) = await AuditAsync("verify");
        Assert.True(code == 0, said);
        Assert.Matches(@"(?m)^\d+ entries are whole, from 20\S+Z to 20\S+Z\.$", said);
        var head = said.Split('\n').Single(line => line.StartsWith("Head: ", StringComparison.Ordinal))["Head: ".Length..];
        Assert.Equal(0, (await AuditAsync("verify", "--head", head)).Code);

        var (exported, lines) = await AuditAsync("export", "--addresses");
        Assert.True(exported == 0, lines);
        var acts = lines.Split('\n').Select(line => JsonElement.Parse(line)).Where(e => e.GetProperty("user").TryGetProperty("uid", out var uid) && uid.GetString() == anna.Id).ToList();
        Assert.Equal([("registered", "127.0.0.1"), ("sign_in", "127.0.0.1")], acts.Select(e => (e.GetProperty("metadata").Text("event_code"), e.GetProperty("src_endpoint").Text("ip"))));
        var (_, syslog) = await AuditAsync("export", "--format", "syslog");
        Assert.Equal(lines.Split('\n').Length, syslog.Split('\n').Length);
        Assert.All(syslog.Split('\n'), line => Assert.Matches(@"^<1\d\d>1 \S+Z - souk - [a-z_]+ \[souk@32473 seq=", line));
        Assert.DoesNotContain("127.0.0.1", syslog, StringComparison.Ordinal);
        Assert.Equal("", (await AuditAsync("export", "--since", "2200-01-01T00:00:00Z")).Output);

        await using var connection = await shop.Db.OpenConnectionAsync();
        await connection.ExecuteAsync("ALTER TABLE platform.security_log DISABLE TRIGGER security_log_is_only_added_to", [], default);
        await connection.ExecuteAsync("UPDATE platform.security_log SET outcome = 'refused' WHERE seq = 2", [], default);
        (code, said) = await AuditAsync("verify");
        Assert.Equal(2, code);
        Assert.Contains("Broken (changed): entry 2 is not as it was sealed", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_shops_keys_nothing_is_verified_and_none_are_made()
    {
        await using var folder = new HostFolder("nothing");
        var (code, said) = await HostProcess.RunAsync("audit", "verify", "--database", shop.ConnectionString, "--keys", folder.Path);
        Assert.Equal(1, code);
        Assert.StartsWith("souk: There are no master keys in ", said, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.Path));
    }

    async Task<(int Code, string Output)> AuditAsync(params string[] arguments) =>
        await HostProcess.RunAsync(["audit", .. arguments, "--database", shop.ConnectionString, "--keys", shop.KeysFolder]);
}
