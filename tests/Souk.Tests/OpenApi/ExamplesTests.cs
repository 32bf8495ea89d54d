using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Souk.Catalog.Import;
using Souk.Contracts;
using Souk.Tests.Catalog;
using Souk.Tests.Identity;
using Souk.Tests.Tidy;

namespace Souk.Tests.OpenApi;

/// <summary>The sample catalogue, ways to pay, and a folder for mails.</summary>
public sealed class ExamplesShop(TestPostgres postgres) : TestShop(postgres), IAsyncLifetime
{
    protected override void Configure(WebApplicationBuilder builder)
    {
        builder.Configuration["Payments:Methods"] = "sandbox,wallet";
        builder.Configuration["Mail:Folder"] = Path.Combine(KeysFolder, "mail");
    }

    ValueTask IAsyncLifetime.InitializeAsync() => FillAsync();

    async ValueTask FillAsync()
    {
        await InitializeAsync();
        await App.Services.GetRequiredService<CatalogImport>().RunAsync(CatalogShop.Sample, null, CancellationToken.None);
        var made = await App.Services.GetRequiredService<IIdentity>().EnsureFirstStaffAsync("staff@shop.example", CancellationToken.None);
        var staff = await this.SignedIn(made!.Email, made.OneTimePassword);
        (await staff.Http.PutAsJsonAsync("/v1/me/password", new { currentPassword = made.OneTimePassword, newPassword = People.Password })).EnsureSuccessStatusCode();
    }
}

/// <summary>
/// The examples of the API's description are one story, told in order against a real shop: each request is sent as it is written, but for ids and tokens, which
/// the shop makes anew; each answer must have the status and the shape that is written.
/// </summary>
public sealed class ExamplesTests(ExamplesShop shop) : IClassFixture<ExamplesShop>
{
    static readonly string File = Path.Combine(Source.Root, "docs/openapi/examples.json");

    /// <summary>Set, the answers are recorded anew: ids and tokens of the file stay as they are.</summary>
    static readonly bool Records = Environment.GetEnvironmentVariable("SOUK_TEST_EXAMPLES") == "1";

    /// <summary>The day to come that requests of the file name, whatever day it is.</summary>
    const string Expiry = "2027-02-28T00:00:00.000Z";

    static readonly JsonSerializerOptions Written = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    [Fact]
    public async Task Are_answered_as_they_are_written()
    {
        var story = JsonNode.Parse(await System.IO.File.ReadAllTextAsync(File))!.AsArray();
        // What the file calls something, and what this shop calls it.
        Dictionary<string, string> names = new() { [Expiry] = $"{shop.Clock.GetUtcNow().AddDays(90):yyyy-MM-dd}T00:00:00.000Z" };
        List<string> wrong = [];
        await Answers.Eventually(async () => (await (await shop.Http.GetAsync("/v1/products/hl-mountain-frame")).Body()).GetProperty("variants").EnumerateArray()
            .Any(v => v.Text("stockState") == "in_stock"), "the catalogue shows that there is stock");
        // Prices and states of stock reach the pages by events.
        await using var behind = shop.Db.CreateCommand("SELECT EXISTS (SELECT FROM platform.subscribers s JOIN platform.outbox o ON (o.xid, o.id) > (s.xid, s.id))");
        await Answers.Eventually(async () => !(bool)(await behind.ExecuteScalarAsync())!, "the import was told to every subscriber");
        var list = story.First(example => (string)example!["operation"]! == "ListProducts")!;
        await Answers.Eventually(async () => (await (await shop.Http.GetAsync((string)list["path"]!)).Body())
            .GetProperty("items").GetArrayLength() == list["answer"]!["items"]!.AsArray().Count,
            "the list shows what it is to show");
        foreach (var example in story.Select(node => node!.AsObject()))
        {
            var name = $"{example["operation"]} ({example["name"]})";
            using var request = new HttpRequestMessage(HttpMethod.Parse((string)example["method"]!), Here((string)example["path"]!));
            foreach (var (header, value) in example["headers"] as JsonObject ?? []) request.Headers.TryAddWithoutValidation(header, Here((string)value!));
            if (example["request"] is { } body)
                request.Content = new StringContent(Here(body.ToJsonString(Written)),
                    new MediaTypeHeaderValue(request.Method == HttpMethod.Patch ? "application/merge-patch+json" : "application/json"));
            using var answer = await shop.Http.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            if ((int)answer.StatusCode != (int)example["status"]!) wrong.Add($"{name} was answered {(int)answer.StatusCode}: {text}");
            var shown = text.Length == 0 ? null : JsonNode.Parse(text);
            if (example["answer"] is { } expected && shown is not null) Learn(expected, shown, name, "", names, wrong);
            if (Records && shown is not null) example["answer"] = JsonNode.Parse(There(text));
        }
        if (Records) await System.IO.File.WriteAllTextAsync(File, story.ToJsonString(Written) + "\n");
        Assert.Empty(wrong);

        // The longest first: a key begins with its id.
        string Here(string written) => names.OrderByDescending(n => n.Key.Length).Aggregate(new StringBuilder(written), (all, pair) => all.Replace(pair.Key, pair.Value)).ToString();
        string There(string told) => names.OrderByDescending(n => n.Key.Length).Aggregate(new StringBuilder(told), (all, pair) => all.Replace(pair.Value, pair.Key)).ToString();
    }

    [Fact]
    public void Show_every_operation_that_reads_or_writes_json()
    {
        var document = JsonNode.Parse(System.IO.File.ReadAllText(Path.Combine(Source.Root, "docs/openapi/v1.json")))!;
        var shown = JsonNode.Parse(System.IO.File.ReadAllText(File))!.AsArray().Select(e => (string)e!["operation"]!).ToHashSet(StringComparer.OrdinalIgnoreCase);
        // A dead job needs a fault to be one, and a code of an authenticator follows from the time; their tests show them.
        string[] apart = ["getMedia", "followEvents", "replayDeadJob", "exportStatement", "confirmTotp", "answerChallenge"];
        Assert.DoesNotContain(document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject(), (_, operation) => (string)operation.Value!["operationId"]!)
            .Except(apart), operation => !shown.Contains(operation));
    }

    /// <summary>Notes what is called otherwise here, and what has another shape.</summary>
    static void Learn(JsonNode? written, JsonNode? told, string name, string at, Dictionary<string, string> names, List<string> wrong)
    {
        switch (written, told)
        {
            case (JsonObject expected, JsonObject shown):
                var lacking = expected.Select(m => m.Key).Except(shown.Select(m => m.Key)).ToList();
                var unforeseen = shown.Select(m => m.Key).Except(expected.Select(m => m.Key)).ToList();
                if (lacking.Count + unforeseen.Count > 0) wrong.Add($"{name}{at} lacks [{string.Join(", ", lacking)}] and has besides [{string.Join(", ", unforeseen)}]");
                foreach (var (member, value) in expected.Where(m => shown.ContainsKey(m.Key))) Learn(value, shown[member], name, $"{at}/{member}", names, wrong);
                break;
            case (JsonArray expected, JsonArray shown):
                foreach (var (i, (one, two)) in expected.Zip(shown).Index()) Learn(one, two, name, $"{at}/{i}", names, wrong);
                if (expected.Count > 0 != shown.Count > 0) wrong.Add($"{name}{at} has {shown.Count} items instead of {expected.Count}");
                break;
            case (JsonValue expected, JsonValue shown) when expected.GetValueKind() == shown.GetValueKind():
                if (expected.GetValueKind() == JsonValueKind.String && IsName((string)expected!) && (string)expected! != (string)shown!) names[(string)expected!] = (string)shown!;
                break;
            default:
                wrong.Add($"{name}{at} is {told?.ToJsonString() ?? "null"}");
                break;
        }
    }

    /// <summary>Ids, tokens, cursors and order numbers: long enough to occur nowhere by chance. Times are no names.</summary>
    static bool IsName(string text) => text.Length >= 9 && !text.Contains(' ') && !DateTimeOffset.TryParse(text, out _);
}
