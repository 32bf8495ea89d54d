using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Souk.Catalog.Import;
using Souk.Contracts;
using Souk.Platform.Ids;
using Souk.Tests.Catalog;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering;

/// <summary>A shop for tests of buying: variants with a price and stock, shoppers, and the ways to order.</summary>
public class OrderingShop(TestPostgres postgres) : TestShop(postgres), IAsyncLifetime
{
    public const string Location = "Warehouse";

    /// <summary>Sends the access token of a member of staff.</summary>
    public HttpClient Staff { get; private set; } = null!;

    /// <summary>2.00 and 1.00 more for every kilogram.</summary>
    public const string Courier = "courier";

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        Staff = (await this.NewStaff()).Http;
        await App.Services.GetRequiredService<IPricing>().SetShippingMethodsAsync([new(Courier, "Courier", new(200, "USD"), new(100, "USD"))], CancellationToken.None);
    }

    /// <summary>A new variant on sale for 10.00 with so many units on hand, or never stocked.</summary>
    public async Task<string> NewVariantAsync(int? onHand, string price = "10.00")
    {
        var sku = $"SKU-{Guid.NewGuid():n}";
        using var folder = new CatalogFolder(CatalogFolder.Product($"Thing {sku}", "Gear",
            $$"""{"sku": "{{sku}}", "price": "{{price}}", "currency": "USD"{{(onHand is null ? "" : $$""", "stock": {"{{Location}}": {{onHand}}}""")}}}"""));
        Assert.Equal(0, (await App.Services.GetRequiredService<CatalogImport>().RunAsync(folder.Path, null, CancellationToken.None)).RefusedTotal);
        return new Id<VariantKind>(await ScalarAsync<Guid>($"SELECT id FROM catalog.variants WHERE sku = '{sku}'")).ToString();
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Db.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>On hand, reserved and available, straight from the rows; the levels and their movements must add up to it.</summary>
    public async Task<(int OnHand, int Reserved, int Available)> StockAsync(string variant)
    {
        Assert.True(Id<VariantKind>.TryRead(variant, out var id));
        await using var command = Db.CreateCommand("""
            SELECT s.on_hand, s.reserved,
                   (SELECT coalesce(sum(l.on_hand), 0)::int FROM ordering.stock_levels l WHERE l.variant_id = s.variant_id),
                   (SELECT coalesce(sum(m.delta), 0)::int FROM ordering.stock_movements m WHERE m.variant_id = s.variant_id)
            FROM ordering.stock s WHERE s.variant_id = $1
            """);
        command.Parameters.Add(new() { Value = id.Value });
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        var (onHand, reserved) = (reader.GetInt32(0), reader.GetInt32(1));
        Assert.Equal((onHand, onHand), (reader.GetInt32(2), reader.GetInt32(3)));
        return (onHand, reserved, onHand - reserved);
    }

    public async Task<string> LocationIdAsync(string name = Location) =>
        new Id<LocationKind>(await ScalarAsync<Guid>($"SELECT id FROM ordering.locations WHERE name = '{name}'")).ToString();

    /// <summary>A guest's order of one variant, or whatever the request says.</summary>
    public static object OrderOf(string variant, int quantity = 1, string? email = "guest@example.com") => new { lines = new[] { new { variantId = variant, quantity } }, email };

    public Task<HttpResponseMessage> PlaceAsync(object request, string? key = null, HttpClient? by = null, string? cartToken = null) =>
        PostAsync("/v1/orders", request, key ?? NewKey(), by, ("Souk-Cart-Token", cartToken));

    public async Task<JsonElement> PlacedAsync(object request, string? key = null, HttpClient? by = null, string? cartToken = null)
    {
        using var answer = await PlaceAsync(request, key, by, cartToken);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return await answer.Body();
    }

    public async Task<HttpResponseMessage> PostAsync(string path, object request, string? key, HttpClient? by = null, params (string Name, string? Value)[] headers)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(request) };
        if (key is not null) message.Headers.Add("Idempotency-Key", key);
        foreach (var (name, value) in headers.Where(h => h.Value is not null)) message.Headers.Add(name, value);
        return await (by ?? Http).SendAsync(message);
    }

    public async Task<HttpResponseMessage> GetAsync(string path, string? orderToken = null, HttpClient? by = null)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, path);
        if (orderToken is not null) message.Headers.Add("Souk-Order-Token", orderToken);
        return await (by ?? Http).SendAsync(message);
    }

    public static string NewKey() => Guid.NewGuid().ToString();

    /// <summary>What was told of one order, in order of version.</summary>
    public async Task<List<string>> ToldAsync(string orderId)
    {
        Assert.True(Id<OrderKind>.TryRead(orderId, out var id));
        await using var command = Db.CreateCommand("SELECT version || ' ' || type FROM platform.outbox WHERE aggregate_id = $1 ORDER BY version, type");
        command.Parameters.Add(new() { Value = id.Value });
        await using var reader = await command.ExecuteReaderAsync();
        var told = new List<string>();
        while (await reader.ReadAsync()) told.Add(reader.GetString(0));
        return told;
    }
}
