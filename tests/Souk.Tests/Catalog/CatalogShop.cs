using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Souk.Catalog.Import;
using Souk.Contracts;
using Souk.Host;
using Souk.Platform.Ids;
using Souk.Tests.Tidy;

namespace Souk.Tests.Catalog;

/// <summary>A shop for tests of the catalogue, and the ways to fill it.</summary>
public class CatalogShop(TestPostgres postgres) : TestShop(postgres)
{
    /// <summary>The tests tell events by hand (<see cref="Told"/>), and nobody else may tell them meanwhile.</summary>
    protected override ShopSettings Adjust(ShopSettings settings) => settings with { Roles = ["web"] };

    public static string Sample => Path.Combine(Source.Root, "samples", "adventureworks");

    public Task<ImportReport> ImportAsync(string folder, IProgress<ImportProgress>? progress = null, CancellationToken cancel = default) =>
        App.Services.GetRequiredService<CatalogImport>().RunAsync(folder, progress, cancel);

    /// <summary>Imports products of these lines of catalog.jsonl.</summary>
    public async Task<ImportReport> ImportLinesAsync(params string[] lines)
    {
        using var folder = new CatalogFolder(lines);
        return await ImportAsync(folder.Path);
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Db.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        using var answer = await Http.GetAsync(path);
        Assert.Equal(System.Net.HttpStatusCode.OK, answer.StatusCode);
        return await answer.Body();
    }

    public async Task<Id<VariantKind>> VariantAsync(string product, string sku) => Variant(await GetAsync($"/v1/products/{product}"), sku);

    public static Id<VariantKind> Variant(JsonElement product, string sku)
    {
        Assert.True(Id<VariantKind>.TryRead(product.GetProperty("variants").EnumerateArray().Single(v => v.Text("sku") == sku).Text("id"), out var id));
        return id;
    }
}

/// <summary>A catalogue folder of its own, gone at the end.</summary>
public sealed class CatalogFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("souk-catalog-").FullName;

    public CatalogFolder(params IEnumerable<string> lines)
    {
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "photos"));
        Write(lines);
    }

    public void Write(IEnumerable<string> lines) => File.WriteAllLines(System.IO.Path.Combine(Path, "catalog.jsonl"), lines);

    public void Photo(string name, byte[] content) => File.WriteAllBytes(System.IO.Path.Combine(Path, "photos", name), content);

    public void Dispose() => Directory.Delete(Path, recursive: true);

    /// <summary>A line with one product of one variant; more members of the variant as JSON.</summary>
    public static string Line(string name, string sku, string variant = "", string category = "Gear") =>
        Product(name, category, $$"""{"sku": "{{sku}}", "price": "9.99", "currency": "USD"{{(variant == "" ? "" : ", " + variant)}}}""");

    /// <summary>A line with a product of these variants, each whole as JSON.</summary>
    public static string Product(string name, string category, params IEnumerable<string> variants) =>
        $$"""{"name": "{{name}}", "category": "{{category}}", "descriptions": {"en": "About {{name}}"}, "variants": [{{string.Join(", ", variants)}}]}""";
}
