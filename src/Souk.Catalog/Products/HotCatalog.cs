using Souk.Platform.Bus;
using Souk.Platform.Cache;

namespace Souk.Catalog.Products;

/// <summary>Which changes a snapshot of the database has seen.</summary>
/// <param name="Version">Of everything.</param>
/// <param name="Categories">Of the categories.</param>
internal readonly record struct CatalogMoment(long Version, long Categories);

/// <summary>
/// What many read, kept in memory as it is sent (docs/adr/0008-hot-documents.md). Nothing it answers is older than <see cref="AgeMax"/>, whether or not the bus
/// works; on one node no document goes back in time, and none is older than what the reader shows to have in If-None-Match.
/// </summary>
/// <remarks>
/// Whether anything changed is asked with one cheap statement (<see cref="Look"/>): on demand, not more often than every <see cref="LookPause"/>, and at once
/// when the bus says so. It tells which products changed; their pages go, and all lists.
/// </remarks>
internal sealed class HotCatalog : IDisposable
{
    public const string ListTopic = "products", CategoryTopic = "categories";

    public static readonly TimeSpan AgeMax = TimeSpan.FromMilliseconds(1_500), LookPause = TimeSpan.FromMilliseconds(500);

    /// <summary>Option <c>Catalog:DocumentBytesMax</c>: memory for documents, default 64 MiB.</summary>
    public const long BytesMaxDefault = 67_108_864;

    /// <summary>Of more changed products at once, all documents go.</summary>
    const int ChangedMax = 1_000;

    readonly NpgsqlDataSource db;
    readonly IDisposable subscription;
    readonly Looks looks;

    static readonly CatalogMoment Never = new(-1, 0);

    // Written by one look at a time.
    CatalogMoment moment = Never;
    IReadOnlyList<string> languages = [ReadProducts.DefaultLanguage];

    public HotCatalog(NpgsqlDataSource db, IBus bus, IConfiguration configuration, TimeProvider clock)
    {
        this.db = db;
        looks = new(LookAsync, clock, LookPause, AgeMax);
        Store = new(configuration.GetValue("Catalog:DocumentBytesMax", BytesMaxDefault), clock);
        subscription = bus.Subscribe(CatalogChanges.Topic, _ => looks.Hint());
    }

    public DocumentStore Store { get; }

    /// <summary>A look found that these products changed; null when they are too many to name.</summary>
    public event Action<IReadOnlyCollection<Guid>?>? Changed;

    public static string TopicOf(Guid product) => $"product {product:n}";

    /// <summary>The language for this reader, of those that the catalogue has texts in.</summary>
    public async ValueTask<string> LanguageAsync(HttpContext http, CancellationToken cancel)
    {
        await FreshAsync(cancel);
        return AcceptLanguage.Choose(http.Request.Headers.AcceptLanguage.ToString(), languages, ReadProducts.DefaultLanguage);
    }

    /// <summary>The document of this key; loaded when there is none, or only one that is older than what the reader has.</summary>
    /// <param name="load">Reads it on a connection in a transaction of one snapshot. Must touch nothing of the request, which may end before.</param>
    public async ValueTask<Result<Document>> GetAsync(string key, HttpContext http,
        Func<NpgsqlConnection, CatalogMoment, Task<Result<Document>>> load, CancellationToken cancel)
    {
        await FreshAsync(cancel);
        var seen = Document.SeenBy(http);
        for (var looked = false; ; looked = true)
        {
            var result = Store.Find(key) is { } found ? found : await Store.GetAsync(key, () => LoadAsync(load)).WaitAsync(cancel);
            // A version that is nowhere, even after a look, is made up: it forces no more than that.
            if (result.Refused(out _, out var document) || document.Version >= seen || looked) return result;
            await looks.LookAsync().WaitAsync(cancel);
        }
    }

    async Task<Result<Document>> LoadAsync(Func<NpgsqlConnection, CatalogMoment, Task<Result<Document>>> load)
    {
        await using var connection = await db.OpenConnectionAsync();
        await using var snapshot = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        var at = await connection.QueryFirstAsync(Begin, static row => new CatalogMoment(row.GetInt64(0), row.GetInt64(1)), [], CancellationToken.None);
        return await load(connection, at);
    }

    /// <summary>Returns once all that is remembered has seen every change but those of the last <see cref="AgeMax"/>.</summary>
    public ValueTask FreshAsync(CancellationToken cancel) => looks.FreshAsync(cancel);

    async Task LookAsync()
    {
        var (now, changed, spoken) = await db.QueryFirstAsync(Look, static row => (new CatalogMoment(row.GetInt64(0), row.GetInt64(1)),
            row.GetFieldValue<Guid[]>(2), row.GetFieldValue<string[]>(3)), [moment.Version, ChangedMax + 1], CancellationToken.None);
        // A restored database counts on from an earlier number: what was read before is of another history.
        if (now.Version < moment.Version)
        {
            Store.Clear();
            Changed?.Invoke(null);
        }
        else if (now.Version > moment.Version)
        {
            var known = changed.Length > ChangedMax || moment == Never ? null : changed;
            Store.Advance(now.Version, known is null ? null : TopicsOf(known, now));
            Changed?.Invoke(known);
        }
        if (!languages.SequenceEqual(spoken) && spoken.Length > 0) languages = spoken;
        moment = now;
    }

    IEnumerable<string> TopicsOf(Guid[] products, CatalogMoment now) =>
        [ListTopic, .. now.Categories > moment.Categories ? [CategoryTopic] : Array.Empty<string>(), .. products.Select(TopicOf)];

    public void Dispose() => subscription.Dispose();

    // Lists take many optional filters: a plan for all of them at once would walk the wrong index.
    const string Begin = "SELECT version, categories, set_config('plan_cache_mode', 'force_custom_plan', true) FROM catalog.changes WHERE id = 1";

    // The order keeps every plan on the index: most looks find nothing.
    internal const string Look = """
        SELECT c.version, c.categories, ARRAY(SELECT p.id FROM catalog.products p WHERE p.changed > $1 ORDER BY p.changed LIMIT $2),
            ARRAY(SELECT l.language FROM catalog.languages l ORDER BY 1)
        FROM catalog.changes c WHERE c.id = 1
        """;
}
