using Souk.Platform.Cache;
using Souk.Platform.Errors;

namespace Souk.Tests.Platform.Cache;

public sealed class DocumentStoreTests
{
    readonly SteppedClock clock = new();

    [Fact]
    public async Task Of_200_who_miss_the_same_key_one_loads_and_all_get_the_same()
    {
        var store = new DocumentStore(1_000_000, clock);
        var (loads, gate) = (0, new TaskCompletionSource());
        var all = Enumerable.Range(0, 200).Select(_ => Task.Run(() => store.GetAsync("a", async () =>
        {
            Interlocked.Increment(ref loads);
            await gate.Task;
            return Made("a");
        }))).ToList();
        var waiting = await Task.WhenAll(all.Select(async t => { await Task.Yield(); return t; }));
        gate.SetResult();
        var bodies = (await Task.WhenAll(waiting)).Select(Value).Distinct();
        Assert.Single(bodies);
        Assert.Equal(1, loads);
        Assert.NotNull(store.Find("a"));
    }

    [Fact]
    public async Task A_refusal_and_a_failure_reach_all_who_wait_and_are_not_kept()
    {
        var store = new DocumentStore(1_000_000, clock);
        var no = Error.NotFound("gone", "Gone.");
        Assert.True((await store.GetAsync("a", () => Task.FromResult<Result<Document>>(no))).Refused(out var error, out _));
        Assert.Same(no, error);
        await Assert.ThrowsAsync<TimeoutException>(() => store.GetAsync("a", () => throw new TimeoutException()));
        Assert.Equal("2", System.Text.Encoding.UTF8.GetString(Value(await store.GetAsync("a", () => Task.FromResult<Result<Document>>(Made("a", content: 2)))).Body));
    }

    [Fact]
    public async Task A_load_from_before_a_change_is_not_stored_nor_joined_after_it()
    {
        var store = new DocumentStore(1_000_000, clock);
        var gate = new TaskCompletionSource();
        var early = store.GetAsync("a", async () =>
        {
            await gate.Task;
            return Made("a", seen: 1);
        });
        store.Advance(2, ["another topic"]);
        var late = Value(await store.GetAsync("a", () => Task.FromResult<Result<Document>>(Made("a", seen: 2))));
        Assert.Equal(2, late.Seen);
        gate.SetResult();
        Assert.Equal(1, Value(await early).Seen);
        Assert.Same(late, store.Find("a"));
    }

    [Fact]
    public async Task A_load_that_takes_long_is_not_joined()
    {
        var store = new DocumentStore(1_000_000, clock);
        var gate = new TaskCompletionSource();
        var first = store.GetAsync("a", async () =>
        {
            await gate.Task;
            return Made("topic", seen: 1);
        });
        clock.Step(DocumentStore.JoinMax);
        var second = Value(await store.GetAsync("a", () => Task.FromResult<Result<Document>>(Made("topic", seen: 3))));
        Assert.Same(second, store.Find("a"));
        // Even once the newer one has left, the older does not take its place.
        store.Advance(4, ["topic"]);
        gate.SetResult();
        await first;
        Assert.Null(store.Find("a"));
    }

    [Fact]
    public async Task A_load_that_was_overtaken_is_not_stored_though_the_newer_document_has_left()
    {
        var store = new DocumentStore(20_000, clock);
        var gate = new TaskCompletionSource();
        var first = store.GetAsync("a", async () =>
        {
            await gate.Task;
            return Made("topic", seen: 1);
        });
        clock.Step(DocumentStore.JoinMax);
        await store.GetAsync("a", () => Task.FromResult<Result<Document>>(Made("topic", seen: 3)));
        for (var i = 0; i < 50; i++) await store.GetAsync($"other {i}", () => Task.FromResult<Result<Document>>(Made("other")));
        Assert.Null(store.Find("a"));
        gate.SetResult();
        await first;
        Assert.Null(store.Find("a"));
    }

    [Fact]
    public async Task A_change_takes_away_what_tells_of_its_topics_and_has_not_seen_it()
    {
        var store = new DocumentStore(1_000_000, clock);
        await Put("old", "x", 1);
        await Put("new", "x", 2);
        await Put("other", "y", 1);
        store.Advance(2, ["x"]);
        Assert.Equal((false, true, true), (Has("old"), Has("new"), Has("other")));
        store.Advance(3, null);
        Assert.Equal((0, 0L), (store.Count, store.Bytes));
        store.Clear();
        await Put("restored", "x", 1);
        Assert.True(Has("restored"));

        Task Put(string key, string topic, long seen) => store.GetAsync(key, () => Task.FromResult<Result<Document>>(Made(topic, seen)));
        bool Has(string key) => store.Find(key) is not null;
    }

    [Fact]
    public async Task A_hundred_thousand_keys_stay_within_the_bound_and_what_is_used_stays()
    {
        const long bytesMax = 2_000_000;
        var store = new DocumentStore(bytesMax, clock);
        await store.GetAsync("favourite", () => Task.FromResult<Result<Document>>(Made("products")));
        for (var i = 0; i < 100_000; i++)
        {
            var body = new string('x', i % 5_000);
            await store.GetAsync($"products priceMin={i}", () => Task.FromResult<Result<Document>>(Document.Of(body, "products", 1, 1, "en", null)));
            Assert.InRange(store.Bytes, 1, bytesMax);
            Assert.NotNull(store.Find("favourite"));
        }
        Assert.Null(store.Find("products priceMin=0"));
        Assert.NotNull(store.Find("products priceMin=99999"));
        Assert.InRange(store.Count, 100, 10_000);
        store.Advance(2, ["products"]);
        Assert.Equal((0, 0L), (store.Count, store.Bytes));
    }

    [Fact]
    public async Task What_would_push_out_everything_else_is_answered_and_not_kept()
    {
        var store = new DocumentStore(100_000, clock);
        var big = Value(await store.GetAsync("big", () => Task.FromResult<Result<Document>>(Document.Of(new string('x', 50_000), "a", 1, 1, null, null))));
        Assert.Equal((50_002, 0L), (big.Body.Length, store.Bytes));
    }

    static Document Made(string topic, long seen = 1, int content = 1) => Document.Of(content, topic, 1, seen, "en", null);

    static Document Value(Result<Document> result)
    {
        Assert.False(result.Refused(out _, out var document));
        return document;
    }

    /// <summary>Stands still until a test moves it.</summary>
    sealed class SteppedClock : TimeProvider
    {
        long now;
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;
        public override long GetTimestamp() => Volatile.Read(ref now);
        public void Step(TimeSpan by) => Interlocked.Add(ref now, by.Ticks);
    }
}
