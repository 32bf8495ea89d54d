using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Souk.Catalog.Products;
using Souk.Contracts;
using Souk.Platform.Bus;
using Souk.Platform.Ids;
using Souk.Pricing.Prices;
using Souk.Tests.Catalog;

namespace Souk.Tests.Ordering.Carts;

/// <summary>A cart as its owner holds it: the client sends the account's access token or the guest's cart token.</summary>
public sealed record OwnCart(HttpClient Http, string Id, string? Token)
{
    public string Path => $"/v1/carts/{Id}";
}

/// <summary>A shop with more variants than a cart has lines, and the ways to fill carts.</summary>
public sealed class CartShop(TestPostgres postgres) : CatalogShop(postgres), IAsyncLifetime
{
    /// <summary>Each costs 9.99 USD. Tests leave them as they are.</summary>
    public IReadOnlyList<string> Variants { get; private set; } = [];

    public IPricing Pricing => App.Services.GetRequiredService<IPricing>();

    ValueTask IAsyncLifetime.InitializeAsync() => FillAsync();

    async ValueTask FillAsync()
    {
        await InitializeAsync();
        var skus = Enumerable.Range(1, 120).Select(n => $"GOOD-{n}").ToList();
        Assert.Empty((await ImportLinesAsync([.. skus.Select(sku => CatalogFolder.Line($"Good {sku}", sku))])).Refused);
        Variants = await VariantIdsAsync(skus);
    }

    /// <summary>A variant of its own, which a test may spoil.</summary>
    public async Task<string> NewVariantAsync(string price = "9.99", string more = "")
    {
        var sku = $"OWN-{Guid.NewGuid():n}";
        var line = CatalogFolder.Product($"Thing {sku}", "Gear", $$"""{"sku": "{{sku}}", "price": "{{price}}", "currency": "USD"{{(more == "" ? "" : ", " + more)}}}""");
        Assert.Empty((await ImportLinesAsync(line)).Refused);
        return (await VariantIdsAsync([sku])).Single();
    }

    async Task<IReadOnlyList<string>> VariantIdsAsync(IReadOnlyList<string> skus)
    {
        await using var command = Db.CreateCommand("SELECT id FROM catalog.variants WHERE sku = ANY($1) ORDER BY id");
        command.Parameters.Add(new() { Value = skus.ToArray() });
        await using var reader = await command.ExecuteReaderAsync();
        List<string> ids = [];
        while (await reader.ReadAsync()) ids.Add(new Id<VariantKind>(reader.GetGuid(0)).ToString());
        Assert.Equal(skus.Count, ids.Count);
        return ids;
    }

    public Task PriceAsync(string variant, long amount, string currency = "USD") =>
        Pricing.SetListPricesAsync([new(VariantOf(variant), new(amount, currency))], CancellationToken.None);

    public async Task TakeOffSaleAsync(string variant)
    {
        await RunAsync("""
            WITH counted AS (UPDATE catalog.changes SET version = version + 1 RETURNING version), taken AS (UPDATE catalog.variants SET on_sale = false WHERE id = $1 RETURNING product_id)
            UPDATE catalog.products p SET changed = c.version FROM counted c, taken t WHERE p.id = t.product_id
            """, VariantOf(variant).Value);
        CatalogChanges.Tell(Bus);
    }

    public Task TakePriceAsync(string variant) => ChangePricesAsync("DELETE FROM pricing.list_prices WHERE variant_id = $1", VariantOf(variant).Value);

    public Task TakeShippingMethodAsync(string code) => ChangePricesAsync("DELETE FROM pricing.shipping_methods WHERE code = $1", code);

    async Task ChangePricesAsync(string sql, object arg)
    {
        await RunAsync($"WITH changed AS ({sql}) {PriceChanges.Count}", arg);
        PriceChanges.Tell(Bus);
    }

    IBus Bus => App.Services.GetRequiredService<IBus>();

    /// <summary>Makes the cart an order, as checkout does.</summary>
    public async Task<string> OrderAsync(OwnCart cart)
    {
        var order = Id<OrderKind>.New(Clock);
        await RunAsync("UPDATE ordering.carts SET ordered_as = $2, version = version + 1 WHERE id = $1", CartOf(cart.Id).Value, order.Value);
        return order.ToString();
    }

    public async Task RunAsync(string sql, params object[] args)
    {
        await using var command = Db.CreateCommand(sql);
        foreach (var arg in args) command.Parameters.Add(new() { Value = arg });
        await command.ExecuteNonQueryAsync();
    }

    public static Id<VariantKind> VariantOf(string id) => Id<VariantKind>.TryRead(id, out var read) ? read : throw new ArgumentException(id);
    public static Id<CartKind> CartOf(string id) => Id<CartKind>.TryRead(id, out var read) ? read : throw new ArgumentException(id);

    public HttpClient Holding(string? token)
    {
        var http = NewClient();
        if (token is not null) http.DefaultRequestHeaders.Add("Souk-Cart-Token", token);
        return http;
    }

    /// <summary>A new cart, of a guest unless an account's client is given, with these lines.</summary>
    public async Task<OwnCart> NewCartAsync(HttpClient? account, params (string Variant, int Quantity)[] lines)
    {
        var answer = await (account ?? Http).PostAsJsonAsync("/v1/carts", new { lines = lines.Select(l => new { variantId = l.Variant, quantity = l.Quantity }) });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var body = await answer.Body();
        var token = body.TryGetProperty("cartToken", out var given) ? given.GetString() : null;
        return new(account ?? Holding(token), body.Text("id"), token);
    }

    public Task<OwnCart> NewCartAsync(params (string Variant, int Quantity)[] lines) => NewCartAsync(null, lines);
}

/// <summary>Requests of a cart's owner.</summary>
static class OwnCarts
{
    public static Task<HttpResponseMessage> PutLine(this OwnCart cart, string variant, object? quantity, string? ifMatch = null) =>
        cart.Send(HttpMethod.Put, $"/lines/{variant}", JsonContent.Create(new { quantity }), ifMatch);

    public static Task<HttpResponseMessage> DeleteLine(this OwnCart cart, string variant, string? ifMatch = null) =>
        cart.Send(HttpMethod.Delete, $"/lines/{variant}", null, ifMatch);

    public static Task<HttpResponseMessage> Patch(this OwnCart cart, string patch, string? ifMatch = null) =>
        cart.Send(HttpMethod.Patch, "", new StringContent(patch, new MediaTypeHeaderValue("application/merge-patch+json")), ifMatch);

    /// <summary>The cart as it is read now.</summary>
    public static async Task<JsonElement> Read(this OwnCart cart) => await (await cart.Http.GetAsync(cart.Path)).Ok();

    /// <summary>The cart of a 200, whose ETag is its version.</summary>
    public static async Task<JsonElement> Ok(this HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var body = await answer.Body();
        Assert.Equal($"\"{body.GetProperty("version").GetInt32()}\"", answer.Headers.ETag?.Tag);
        Assert.Equal("no-store, private", answer.Headers.CacheControl?.ToString());
        return body;
    }

    public static int Version(this JsonElement cart) => cart.GetProperty("version").GetInt32();

    public static List<(string Variant, int Quantity)> Lines(this JsonElement cart) =>
        [.. cart.GetProperty("lines").EnumerateArray().Select(l => (l.Text("variantId"), l.GetProperty("quantity").GetInt32()))];

    public static long Amount(this JsonElement body, string member) => body.GetProperty(member).GetProperty("amount").GetInt64();

    public static bool Has(this JsonElement body, string member) => body.TryGetProperty(member, out _);

    static Task<HttpResponseMessage> Send(this OwnCart cart, HttpMethod method, string path, HttpContent? content, string? ifMatch)
    {
        var request = new HttpRequestMessage(method, cart.Path + path) { Content = content };
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        return cart.Http.SendAsync(request);
    }
}
