using Souk.Platform.Data;
using Souk.Platform.Jobs;
using Souk.Platform.Outbox;

namespace Souk.Tests.Platform;

/// <summary>What makes a queue slow is a plan that nobody sees until the backlog is long.</summary>
public sealed class WorkDatabaseTests(TestPostgres postgres)
{
    /// <summary>On tables that were never analysed the server believes in few rows and would rather sort them.</summary>
    [Fact]
    public async Task Queues_are_read_along_their_index_however_long_the_backlog_and_whatever_the_statistics_say()
    {
        await using var db = new WorkDatabase(await postgres.NewDatabaseAsync());
        await db.Source.ExecuteAsync("""
            INSERT INTO platform.jobs (id, type, args, due_at) SELECT gen_random_uuid(), 'test.note', '{}', now() - n * interval '1 second' FROM generate_series(1, 20000) AS s (n)
            """, [], default);
        await db.Source.ExecuteAsync("""
            INSERT INTO platform.outbox (xid, type, aggregate_id, version, occurred_at, payload)
            SELECT (n % 97)::text::xid8, 'thing.changed', gen_random_uuid(), 1, now(), '{}' FROM generate_series(1, 20000) AS s (n)
            """, [], default);

        await AssertPlan(db, JobRunner.Claim, "'{test.note}', '{4}', '{60}', now(), '{}'", "jobs_due_by_type");
        await AssertPlan(db, RelayBatch.Read, "'0', 0, '1000', '{thing}', 500", "outbox_pkey");
        await AssertPlan(db, Relay.Behind, "'{test.note}'", "outbox_pkey");
    }

    /// <summary>A claim and a renewal change no index: they stay on the page (HOT) and leave nothing for vacuum to look up.</summary>
    [Fact]
    public async Task No_index_holds_what_a_claim_changes()
    {
        await using var db = new WorkDatabase(await postgres.NewDatabaseAsync());
        Assert.Empty(await db.Source.QueryAsync("""
            SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
            WHERE i.indrelid = 'platform.jobs'::regclass AND a.attname IN ('leased_until', 'attempts', 'last_error')
            """, static row => row.GetString(0), [], default));
    }

    /// <summary>The plan that a prepared statement ends up with after a few executions: one for all values.</summary>
    static async Task AssertPlan(WorkDatabase db, string sql, string args, string index)
    {
        await using var connection = await db.Source.OpenConnectionAsync();
        await connection.ExecuteAsync("SET plan_cache_mode = force_generic_plan", [], default);
        await connection.ExecuteAsync($"PREPARE look AS {sql}", [], default);
        var plan = string.Join('\n', await connection.QueryAsync($"EXPLAIN EXECUTE look ({args})", static row => row.GetString(0), [], default));
        await connection.ExecuteAsync("DEALLOCATE look", [], default);

        Assert.Contains(index, plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Sort", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Seq Scan on jobs", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Seq Scan on outbox", plan, StringComparison.Ordinal);
    }
}
