using System.Net.Http.Json;
using System.Text.Json;

namespace Souk.Tests.Host.Telemetry;

/// <summary>
/// A shop of its own process that keeps every trace, in which somebody with names that nobody else has buys something; stopped afterwards, so that all it
/// had to tell was told.
/// </summary>
public sealed class WatchedShop(TestPostgres postgres) : IAsyncLifetime
{
    public const string Name = "Zebediah Quillfeather", Local = "zebediah.q", Phone = "+44 20 7946 0777", Street = "Obelisk Mews 91";
    public const string City = "Ypsilantown", PostalCode = "ZZ9 9ZZ", Agent = "PlantedAgent";

    readonly HostFolder folder = new();

    public OtlpReceiver Receiver { get; private set; } = null!;
    public string Output { get; private set; } = "";
    public string Metrics { get; private set; } = "";
    public string OpenMetrics { get; private set; } = "";
    public string Order { get; private set; } = "";
    public string Password { get; } = $"quill-{Guid.NewGuid():n}";
    public string PlacedTrace { get; } = Guid.NewGuid().ToString("n");

    public async ValueTask InitializeAsync()
    {
        Receiver = await OtlpReceiver.StartAsync();
        await using var shop = await HostProcess.StartWithAsync(
            [("OTEL_EXPORTER_OTLP_ENDPOINT", Receiver.Url), ("SOUK_TELEMETRY__SAMPLERATIO", "1"), ("SOUK_TELEMETRY__EXPORTSECONDS", "1")],
            "up", "--port", "auto", "--data", folder.Path, "--database", await postgres.NewDatabaseAsync());
        using var http = new HttpClient { BaseAddress = shop.Address };
        http.DefaultRequestHeaders.UserAgent.ParseAdd(Agent);
        await BuyAsync(http);
        await Answers.Eventually(() => Task.FromResult(Receiver.Spans.Any(s => s.Attributes.ContainsKey("souk.job.id"))
            && Receiver.Spans.Any(s => s.Name == "event order.placed")), "what was bought is worked on");
        Output = shop.Output;
        var management = System.Text.RegularExpressions.Regex.Match(Output, @"metrics +(http://127\.0\.0\.1:\d+/metrics)").Groups[1].Value;
        Metrics = await http.GetStringAsync(new Uri(management));
        using var open = new HttpRequestMessage(HttpMethod.Get, management) { Headers = { { "Accept", "application/openmetrics-text" } } };
        OpenMetrics = await (await http.SendAsync(open)).Content.ReadAsStringAsync();
        Assert.Equal(0, await shop.StopAsync());
        Output = shop.Output;
    }

    async Task BuyAsync(HttpClient http)
    {
        var (email, address) = ($"{Local}@example.com", new { name = Name, line1 = Street, city = City, postalCode = PostalCode, country = "GB", phone = Phone });
        await SendAsync("/v1/users", new { email, password = Password, name = Name });
        var token = (await SendAsync("/v1/sessions", new { email, password = Password })).Text("accessToken");
        await http.GetAsync($"/v1/products?search={Local}");
        var products = await (await http.GetAsync("/v1/products?limit=20")).Body();
        var variants = products.GetProperty("items").EnumerateArray().SelectMany(p => p.GetProperty("variants").EnumerateArray()).Select(v => v.Text("id")).Take(50).ToList();
        var stock = await (await http.GetAsync($"/v1/availability?variantIds={string.Join(',', variants)}")).Body();
        var variant = stock.GetProperty("items").EnumerateArray().First(i => i.GetProperty("available").GetInt64() > 0).Text("variantId");
        Order = (await SendAsync("/v1/orders", new
        {
            lines = new[] { new { variantId = variant, quantity = 1 } }, email, shippingAddress = address, billingAddress = address, shippingMethod = "zy-express",
            payment = new { method = "sandbox" },
        }, ("Authorization", $"Bearer {token}"), ("Idempotency-Key", Guid.NewGuid().ToString()), ("traceparent", $"00-{PlacedTrace}-00f067aa0ba902b7-01"))).Text("id");
        await http.GetAsync($"/v1/orders/{Order}?{Local}");

        async Task<JsonElement> SendAsync(string path, object body, params (string, string)[] headers)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
            foreach (var (name, value) in headers) request.Headers.Add(name, value);
            using var answer = await http.SendAsync(request);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            return await answer.Body();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Receiver.DisposeAsync();
        await folder.DisposeAsync();
    }
}
