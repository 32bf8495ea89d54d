using System.Text.Json;
using System.Text.RegularExpressions;
using Souk.Platform.SecurityLog;

namespace Souk.Tests.Platform.SecurityLog;

public sealed partial class ExportSecurityLogTests(TestPostgres postgres)
{
    static readonly DateTimeOffset Noon = new(2026, 11, 1, 12, 0, 0, 250, TimeSpan.Zero);
    static readonly Guid Anna = new("0192f0d5-e800-7abc-8123-456789abcdef");

    [Fact]
    public async Task Reads_every_entry_once_oldest_first_between_two_times()
    {
        await using var log = await LogDatabase.NewAsync(postgres);
        List<SecurityEntry> entries = [];
        for (var i = 0; i < 7; i++)
        {
            log.Clock.Advance(TimeSpan.FromMinutes(1));
            entries.Add(await log.EntryAsync(i));
        }
        // Sealed in another order than they happened: transactions end when they end.
        foreach (var entry in entries.AsEnumerable().Reverse()) await log.AppendAsync(entry);
        await log.SealAllAsync();

        Assert.Equal(entries.Select(e => e.Id), await ReadAsync(null, null));
        Assert.Equal(entries[2..5].Select(e => e.Id), await ReadAsync(entries[2].At, entries[5].At));

        async Task<List<Guid>> ReadAsync(DateTimeOffset? since, DateTimeOffset? until)
        {
            await using var connection = await log.Db.OpenConnectionAsync();
            List<Guid> read = [];
            await foreach (var (row, address) in ExportSecurityLog.ReadAsync(connection, since, until, null, default))
            {
                Assert.Null(address);
                read.Add(row.Entry.Id);
            }
            return read;
        }
    }

    [Theory]
    [InlineData("sign_in", "done", """{"cookie": true}""", 3002, 1, 1, 1)]
    [InlineData("sign_in_refused", "refused", "{}", 3002, 1, 2, 2)]
    [InlineData("signed_out", "done", "{}", 3002, 2, 1, 1)]
    [InlineData("refresh_token_reused", "refused", "{}", 3002, 99, 4, 2)]
    [InlineData("registered", "done", "{}", 3001, 1, 1, 1)]
    [InlineData("password_changed", "done", "{}", 3001, 3, 1, 1)]
    [InlineData("roles_changed", "done", "{}", 3001, 99, 1, 1)]
    [InlineData("staff_request", "begun", """{"operation": "SetPrice", "method": "PUT"}""", 6003, 3, 1, 0)]
    [InlineData("staff_request", "refused", """{"operation": "RemoveKit", "method": "DELETE", "problem": "variant_not_found"}""", 6003, 4, 2, 2)]
    [InlineData("act_of_a_newer_build", "done", "{}", 6003, 99, 1, 1)]
    public void Ocsf_has_what_its_class_requires(string act, string outcome, string details, int classUid, int activity, int severity, int status)
    {
        var text = OcsfLine.Of(Sealed(act, outcome, details), "203.0.113.7");
        Assert.DoesNotContain('\n', text);
        var line = JsonElement.Parse(text);
        Assert.Equal((classUid, classUid / 1000, activity, classUid * 100 + activity, severity, status), (Number("class_uid"), Number("category_uid"), Number("activity_id"), Number("type_uid"),
            Number("severity_id"), Number("status_id")));
        Assert.Equal(Noon.ToUnixTimeMilliseconds(), line.GetProperty("time").GetInt64());
        var metadata = line.GetProperty("metadata");
        Assert.Equal(("1.3.0", "Souk", 42), (metadata.Text("version"), metadata.GetProperty("product").Text("name"), metadata.GetProperty("sequence").GetInt32()));
        Assert.Equal(activity == 99, line.TryGetProperty("activity_name", out _));
        Assert.Equal("203.0.113.7", line.GetProperty("src_endpoint").Text("ip"));
        Assert.StartsWith("usr_", (classUid == 6003 ? line.GetProperty("actor") : line).GetProperty("user").Text("uid"), StringComparison.Ordinal);
        Assert.Equal(classUid == 6003, line.TryGetProperty("api", out var api) && api.Text("operation").Length > 0);

        int Number(string member) => line.GetProperty(member).GetInt32();
    }

    [Fact]
    public void Ocsf_of_nobody_from_nowhere_is_still_of_its_class()
    {
        var row = Sealed("sign_in_refused", "refused", "{}");
        var line = JsonElement.Parse(OcsfLine.Of(row with { Entry = row.Entry with { Actor = SecurityActor.Nobody } }, null));
        Assert.Equal("unknown", line.GetProperty("user").Text("name"));
        Assert.False(line.TryGetProperty("src_endpoint", out _));
        Assert.Equal("withheld", JsonElement.Parse(OcsfLine.Of(Sealed("staff_request", "begun", "{}"), null)).GetProperty("src_endpoint").Text("name"));
    }

    [Fact]
    public void Syslog_is_a_line_of_rfc_5424()
    {
        var line = SyslogLine.Of(Sealed("roles_changed", "done", """{"staff": {"after": true, "odd": "\\]"}}"""), "203.0.113.7");
        var match = Rfc5424().Match(line);
        Assert.True(match.Success, line);
        Assert.Equal((13 * 8 + 6, "2026-11-01T12:00:00.250000Z", "roles_changed"),
            (int.Parse(match.Groups["pri"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture), match.Groups["time"].Value, match.Groups["id"].Value));
        Assert.Contains("""details="{\"staff\": {\"after\": true, \"odd\": \"\\\\\]\"}}" """, line, StringComparison.Ordinal);
        Assert.StartsWith("<109>1 ", SyslogLine.Of(Sealed("sign_in_refused", "refused", "{}"), null), StringComparison.Ordinal);
        Assert.StartsWith("<108>1 ", SyslogLine.Of(Sealed("refresh_token_reused", "refused", "{}"), null), StringComparison.Ordinal);
    }

    static SealedEntry Sealed(string act, string outcome, string details) =>
        new(42, new(Guid.CreateVersion7(Noon), Noon, act, outcome, SecurityActor.Account(Anna), null, null, details, "4bf92f3577b34da6a3ce929d0e0e4736"),
            1, [1, 2, 3, 4], new byte[32], new byte[32]);

    [GeneratedRegex("""^<(?<pri>\d{1,3})>1 (?<time>\S+) - souk - (?<id>[!-~]{1,32}) \[souk@32473( [a-z]+="([^"\\\]]|\\["\\\]])*")+\] [ -~]+$""")]
    private static partial Regex Rfc5424();
}
