using Souk.Platform.Data;
using Souk.Platform.SecurityLog;

namespace Souk.Tests.Platform.SecurityLog;

/// <summary>Everything that the owner of the database could do to the log, and what the chain says of it.</summary>
public sealed class VerifySecurityLogTests(TestPostgres postgres)
{
    const int Entries = 12;

    static readonly (string Column, string Value, LogFault Fault)[] Edits =
    [
        ("id", "gen_random_uuid()", LogFault.Changed), ("at", "at + interval '1 microsecond'", LogFault.Changed), ("act", "'signed_out'", LogFault.Changed),
        ("outcome", "'refused'", LogFault.Changed), ("actor_kind", "'guest'", LogFault.Changed), ("actor_id", "gen_random_uuid()", LogFault.Changed),
        ("target_kind", "'ord'", LogFault.Changed), ("target_id", "gen_random_uuid()", LogFault.Changed), ("address", "NULL", LogFault.Changed),
        ("details", """details || '{"number": 99}'""", LogFault.Changed), ("trace_id", "NULL", LogFault.Changed), ("key_id", @"'\x01020304'", LogFault.ForeignKey),
        ("mac", "set_byte(mac, 31, 255 - get_byte(mac, 31))", LogFault.Changed), ("hash", "set_byte(hash, 0, 255 - get_byte(hash, 0))", LogFault.Moved),
    ];

    public static TheoryData<string> EditedColumns => [.. Edits.Select(e => e.Column)];

    [Fact]
    public async Task A_log_that_nobody_touched_is_whole_and_its_head_is_the_one_that_was_kept()
    {
        await using var log = await LogDatabase.NewAsync(postgres);
        var empty = await log.VerifyAsync();
        Assert.Equal((0, null, null, null, 0), (empty.Entries, empty.From, empty.To, empty.Break, empty.Waiting));
        await log.FillAsync(Entries);
        var verdict = await log.VerifyAsync();
        var rows = await log.SealedAsync();
        Assert.Equal((Entries, rows[0].Entry.At, rows[^1].Entry.At, null, 0), (verdict.Entries, verdict.From, verdict.To, verdict.Break, verdict.Waiting));
        await log.FillAsync(3);
        Assert.Null((await log.VerifyAsync(kept: SecurityHead.Parse(verdict.Head.ToString()))).Break);
    }

    [Theory]
    [MemberData(nameof(EditedColumns))]
    public async Task An_edit_of_any_column_is_found_where_it_is(string column)
    {
        await using var log = await LogDatabase.NewAsync(postgres);
        await log.FillAsync(Entries);
        var (_, value, fault) = Edits.Single(e => e.Column == column);
        await log.TamperAsync($"UPDATE platform.security_log SET {column} = {value} WHERE seq = 5");
        await Broken(log, 5, fault);
    }

    [Fact]
    public async Task Every_column_is_among_those_edits()
    {
        await using var log = await LogDatabase.NewAsync(postgres);
        var columns = await log.Db.QueryAsync(
            "SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'platform' AND table_name = 'security_log'",
            static row => row.GetString(0), [], default);
        // The place is what the other tests change; the table allows one format.
        Assert.Equal(columns.Except(["seq", "format"]).Order(), Edits.Select(e => e.Column).Order());
    }

    [Theory]
    [InlineData("DELETE FROM platform.security_log WHERE seq = 5", 5, LogFault.Missing)]
    [InlineData("DELETE FROM platform.security_log WHERE seq < 3", 1, LogFault.Missing)]
    [InlineData("DELETE FROM platform.security_log WHERE seq = 12", 12, LogFault.Missing)]
    [InlineData("DELETE FROM platform.security_log WHERE seq = 5; UPDATE platform.security_log SET seq = 5 WHERE seq = 6; UPDATE platform.security_log SET seq = 6 WHERE seq = 7",
        5, LogFault.Moved)]
    [InlineData("UPDATE platform.security_log SET seq = 100 WHERE seq = 5; UPDATE platform.security_log SET seq = 5 WHERE seq = 9; UPDATE platform.security_log SET seq = 9 WHERE seq = 100",
        5, LogFault.Moved)]
    [InlineData("UPDATE platform.security_log SET seq = 100 WHERE seq = 5; UPDATE platform.security_log SET seq = 5 WHERE seq = 6; UPDATE platform.security_log SET seq = 6 WHERE seq = 100",
        5, LogFault.Moved)]
    [InlineData("""
        INSERT INTO platform.security_log SELECT 13, gen_random_uuid(), at, act, outcome, actor_kind, actor_id, target_kind, target_id, address, details, trace_id, format, key_id, mac, hash
        FROM platform.security_log WHERE seq = 12
        """, 13, LogFault.Changed)]
    [InlineData("UPDATE platform.security_head SET hash = decode(repeat('ab', 32), 'hex')", 12, LogFault.Changed)]
    public async Task Rows_that_are_taken_out_exchanged_or_put_in_are_found(string sql, long seq, LogFault fault)
    {
        await using var log = await LogDatabase.NewAsync(postgres);
        await log.FillAsync(Entries);
        await log.TamperAsync(sql);
        await Broken(log, seq, fault);
    }

    /// <summary>What the chain cannot show by itself, and what does.</summary>
    [Fact]
    public async Task An_end_that_was_cut_off_with_the_head_is_found_by_a_head_that_was_kept()
    {
        await using var log = await LogDatabase.NewAsync(postgres);
        await log.FillAsync(Entries);
        var kept = (await log.VerifyAsync()).Head;
        await log.TamperAsync("DELETE FROM platform.security_log WHERE seq > 9; UPDATE platform.security_head SET (seq, hash) = (SELECT seq, hash FROM platform.security_log WHERE seq = 9)");
        Assert.Null((await log.VerifyAsync()).Break);
        await Broken(log, 10, LogFault.Missing, kept);

        // Others in their place do not help either.
        await log.ExecuteAsync("ALTER TABLE platform.security_log ENABLE TRIGGER security_log_is_only_added_to");
        await log.FillAsync(5);
        Assert.Null((await log.VerifyAsync()).Break);
        await Broken(log, 12, LogFault.Changed, kept);
    }

    [Fact]
    public async Task Other_keys_are_told_apart_from_an_edit()
    {
        await using var log = await LogDatabase.NewAsync(postgres);
        await log.FillAsync(2);
        var broken = (await log.VerifyAsync(chain: new(LogDatabase.NewKeys()))).Break;
        Assert.Equal((1, LogFault.ForeignKey), (broken!.Seq, broken.Fault));
    }

    [Theory]
    [InlineData("UPDATE platform.security_log SET outcome = 'refused'")]
    [InlineData("DELETE FROM platform.security_log")]
    [InlineData("TRUNCATE platform.security_log")]
    public async Task The_table_itself_refuses_what_is_no_addition(string sql)
    {
        await using var log = await LogDatabase.NewAsync(postgres);
        await log.FillAsync(1);
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => log.ExecuteAsync(sql))).SqlState);
        Assert.Equal(1, (await log.VerifyAsync()).Entries);
    }

    [Fact]
    public async Task Entries_that_nobody_seals_are_told()
    {
        await using var log = await LogDatabase.NewAsync(postgres);
        await log.AppendAsync(await log.EntryAsync());
        Assert.Equal(0, (await log.VerifyAsync()).Waiting);
        await log.AppendAsync(await log.EntryAsync() with { At = log.Clock.GetUtcNow().AddMinutes(-5) });
        Assert.Equal(1, (await log.VerifyAsync()).Waiting);
    }

    static async Task Broken(LogDatabase log, long seq, LogFault fault, SecurityHead? kept = null)
    {
        var verdict = await log.VerifyAsync(kept);
        Assert.NotNull(verdict.Break);
        Assert.Equal((seq, fault), (verdict.Break.Seq, verdict.Break.Fault));
        Assert.Equal(verdict.Entries, verdict.Head.Seq);
    }
}
