using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Souk.Tests.Proofs;

/// <summary>
/// Ten thousand requests that nobody should send, to every route there is: each is the sender's fault and is told so by a problem, and the shop
/// neither fails nor grows. The seed is printed with a failure; a request follows from seed and number.
/// </summary>
public sealed class MalformedRequestsTests(TestShop shop) : IClassFixture<TestShop>
{
    const int Requests = 10_000, Senders = 8;

    /// <summary>So many until the code is compiled and the heap has found its size; from then on nothing may grow.</summary>
    const int WarmUp = 8_000;

    static readonly int Seed = Environment.GetEnvironmentVariable("SOUK_TEST_SEED") is { } given ? int.Parse(given, CultureInfo.InvariantCulture) : Random.Shared.Next();

    [Fact]
    public async Task Are_refused_as_problems_and_leave_the_shop_as_it_was()
    {
        var routes = shop.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText!.StartsWith("/v1", StringComparison.Ordinal))
            .SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods, (e, method) => (Method: method, Path: e.RoutePattern.RawText!)).ToList();
        Assert.True(routes.Count > 30);

        await using var folder = new HostFolder();
        await using var host = await HostProcess.StartAsync("up", "--port", "auto", "--data", folder.Path, "--no-seed");
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 })
        { BaseAddress = host.Address, Timeout = TimeSpan.FromSeconds(30) };

        await SendAsync(0, WarmUp);
        var before = ResidentKilobytes(host.Id);
        await SendAsync(WarmUp, WarmUp + Requests);
        var after = ResidentKilobytes(host.Id);
        Assert.True(after < before * 1.2, $"Resident memory grew from {before} to {after} kB.");

        using var alive = await http.GetAsync("/v1/products");
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        Assert.Equal(0, await host.StopAsync());

        Task SendAsync(int from, int to) => Parallel.ForEachAsync(Enumerable.Range(from, to - from), new ParallelOptions { MaxDegreeOfParallelism = Senders }, async (number, _) =>
        {
            var random = new Random(HashCode.Combine(Seed, number));
            var (method, path) = routes[random.Next(routes.Count)];
            using var request = Malformed(random, method, path, out var what);
            using var answer = await http.SendAsync(request, CancellationToken.None);
            var body = await answer.Content.ReadAsStringAsync(CancellationToken.None);
            var says = $"seed {Seed}, request {number}: {what}: {request.Method} {request.RequestUri} answered {(int)answer.StatusCode} {body}";
            Assert.True((int)answer.StatusCode is >= 400 and < 500, says);
            // A zero byte in the path is no HTTP: the server refuses the line before any of ours sees a request.
            if (answer.StatusCode == HttpStatusCode.BadRequest && request.RequestUri!.OriginalString.Split('?')[0].Contains("%00", StringComparison.Ordinal)) return;
            Assert.True(answer.Content.Headers.ContentType?.MediaType == "application/problem+json" && body.Contains("\"code\":", StringComparison.Ordinal)
                && !body.Contains("   at ", StringComparison.Ordinal) && !body.Contains("Npgsql", StringComparison.Ordinal), says);
        });
    }

    static HttpRequestMessage Malformed(Random random, string method, string route, out string what)
    {
        // A method without a body can only be wrong in its path, query or headers.
        var isRead = method is "GET" or "HEAD" or "DELETE";
        switch (random.Next(isRead ? 4 : 9))
        {
            case 0:
                what = "wrong method";
                return new(HttpMethod.Parse(Pick(random, "PROPFIND", "TRACE", "PATCHY", "LINK")), Path(random, route, valid: true));
            case 1:
                what = "query nobody reads";
                return new(HttpMethod.Get, Pick(random, "/v1/products", "/v1/categories", "/v1/availability", "/v1/orders")
                    + "?" + Pick(random, "limit=0", "limit=-1", "limit=1e3", "limit=99999999999999999999", "limit=", "cursor=", "cursor=AAAA", "cursor=%00", $"cursor={Text(random, 400)}",
                        "offset=5", "sort=price;drop", "limit=1&limit=2", "%F0%9F%9B%92=1", "=", "variantIds=x"));
            case 2:
                what = "path that names nothing";
                return new(HttpMethod.Get, Pick(random, "/v1/orders/", "/v1/carts/", "/v1/products/") + Pick(random, "x", "ord_", "ord_00000000000000000000000000", "cart_zzzzzzzzzzzzzzzzzzzzzzzzzz",
                    "%00", "%FF%FE", "..%2f..%2fetc", "%E2%80%AE", Text(random, 200), "ord_7zzzzzzzzzzzzzzzzzzzzzzzzz", "-1", "null"));
            case 3:
                what = "a token that is none";
                var asked = new HttpRequestMessage(HttpMethod.Get, Pick(random, "/v1/me", "/v1/orders", "/v1/admin/users", "/v1/admin/orders"));
                asked.Headers.TryAddWithoutValidation("Authorization", Pick(random, "Bearer", "Bearer x", "Bearer a.b.c", "Basic YTpi", "Bearer " + Text(random, 900),
                    "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "Négocié"));
                asked.Headers.TryAddWithoutValidation("Souk-Order-Token", Text(random, 64));
                return asked;
        }
        var request = new HttpRequestMessage(HttpMethod.Parse(method), Path(random, route, valid: random.Next(2) == 0));
        request.Headers.TryAddWithoutValidation("Idempotency-Key", Pick(random, Guid.NewGuid().ToString(), "short", Text(random, 300), "clé-clé-clé-clé-clé"));
        if (random.Next(2) == 0) request.Headers.TryAddWithoutValidation("If-Match", Pick(random, "\"x\"", "1", "W/\"1\"", "\"99999999999\""));
        var (body, type) = random.Next(8) switch
        {
            0 => (Encoding.UTF8.GetBytes(Pick(random, "{", "{\"", "[", "{\"lines\":[{\"variantId\":", "}", "{\"a\":1,}", "{'a':1}", "{\"a\":NaN}", "// nothing\n{}", "{}{}", "")), "application/json"),
            1 => (Encoding.UTF8.GetBytes(Pick(random, "[]", "1", "\"text\"", "null", "true", "{\"email\":1}", "{\"lines\":{}}", "{\"lines\":[1]}", "{\"quantity\":\"1\"}", "{\"quantity\":1.5}",
                "{\"quantity\":1e99}", "{\"password\":[]}", "{\"cartId\":\"x\"}", "{\"roles\":\"staff\"}", "{\"onHand\":{}}", "{\"delta\":\"\"}", "{\"expectedTotal\":5}")), "application/json"),
            2 => (Encoding.UTF8.GetBytes($"{{\"{Text(random, 12)}\":1}}"), "application/json"),
            3 => (Encoding.UTF8.GetBytes($"{{\"email\":\"{new string('x', 300_000)}\"}}"), "application/json"),
            4 => (Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 200)) + "1" + new string('}', 200)), "application/json"),
            5 => (Bytes(random, 200), "application/json"),
            6 => (Encoding.Unicode.GetBytes("{\"mail\":\"a@example.com\"}"), Pick(random, "application/json; charset=utf-16", "application/json")),
            _ => (Encoding.UTF8.GetBytes("email=a%40example.com&password=x"),
                Pick(random, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "nonsense")),
        };
        what = $"body {type} {Encoding.Latin1.GetString(body, 0, Math.Min(60, body.Length))}";
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        if (random.Next(6) == 0) request.Content.Headers.ContentEncoding.Add(Pick(random, "gzip", "br", "rot13"));
        if (random.Next(6) == 0) request.Headers.TransferEncodingChunked = true;
        return request;
    }

    /// <summary>The route with ids of the right form that name nothing, or of no form.</summary>
    static string Path(Random random, string route, bool valid) => string.Join('/', route.Split('/').Select(part => !part.StartsWith('{') ? part
        : valid ? Pick(random, "ord_", "cart_", "var_", "usr_", "loc_") + "01234567890123456789012345"
        : Pick(random, "x", "1%272", Text(random, 40), "ord_", "%F0%9F%9B%92")));

    static string Pick(Random random, params ReadOnlySpan<string> choices) => choices[random.Next(choices.Length)];

    static string Text(Random random, int length) => string.Create(length, random, static (text, r) =>
    {
        foreach (ref var c in text) c = "abcdefghijklmnopqrstuvwxyz0123456789"[r.Next(36)];
    });

    static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        bytes[0] = 0xC3;   // never the start of a JSON text
        return bytes;
    }

    static long ResidentKilobytes(int process) => long.Parse(
        File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
