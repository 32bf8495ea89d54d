using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Souk.Platform.Http;
using Souk.Platform.Ids;
using Souk.Tests.Identity;
using Souk.Tests.Ledger;
using Souk.Tests.Ordering;

namespace Souk.Tests.Proofs;

/// <summary>
/// Every route that names something is called with what belongs to another: by someone else who signed in, by a guest with tokens of their own, by a machine that
/// may do everything a key may. It is answered as if there were nothing of that name, word for word, and nothing of it changes.
/// </summary>
public sealed partial class StrangersTests(LedgerShop shop) : IClassFixture<LedgerShop>
{
    /// <summary>Not a customer's: anybody may name it.</summary>
    const string Public = "public";

    /// <summary>What each part of a route names that is an id. A new route with an id stands here, or it fails.</summary>
    static readonly Dictionary<string, string> Names = new()
    {
        ["/v1/carts/{id}"] = "cart",
        ["/v1/carts/{id}/lines/{variantId}"] = "variant",
        ["/v1/orders/{id}"] = "order",
        ["/v1/orders/{id}/payments/{paymentId}"] = "payment",
        ["/v1/me/wallet/top-ups/{id}"] = "top-up",
        ["/v1/me/sessions/{id}"] = "session",
        // No name but a secret: whoever holds it began that sign-in.
        ["/v1/sessions/challenges/{challenge}"] = Public,
        ["/v1/products/{product}"] = Public,
        ["/v1/media/{name}"] = Public,
        ["/v1/admin/users/{id}"] = "account",
        ["/v1/admin/orders/{id}"] = "order",
        ["/v1/admin/api-keys/{id}"] = "API key",
        ["/v1/admin/dead-jobs/{id}"] = "dead job",
        ["/v1/admin/ledger/accounts/{id}"] = "ledger account",
        ["/v1/admin/locations/{locationId}"] = "location",
        ["/v1/admin/prices/{variantId}"] = "variant",
        ["/v1/admin/stock/{variantId}"] = "variant",
        ["/v1/admin/stock/{variantId}/locations/{locationId}"] = "location",
    };

    /// <summary>Bodies that would be taken from the owner.</summary>
    static readonly Dictionary<string, object> Bodies = new()
    {
        ["SetCartLine"] = new { quantity = 7 },
        ["ChangeCart"] = new { email = "eve@example.com" },
        ["PayOrder"] = new { method = "sandbox", token = "tok_ok" },
        ["CancelOrder"] = new { reason = "other" },
    };

    enum Kind { Account, Guest, Machine }

    sealed record Stranger(Kind Kind, HttpClient Http);

    /// <param name="Ids">By what they name.</param>
    sealed record Owner(HttpClient Http, Dictionary<string, string> Ids, string Email)
    {
        public IEnumerable<string> Told => Ids.Where(i => i.Key is not ("variant" or "location")).Select(i => i.Value).Append(Email);
    }

    IReadOnlyList<RouteEndpoint> Routes => [.. shop.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        .Where(e => e.RoutePattern.RawText!.StartsWith("/v1/", StringComparison.Ordinal))];

    [Fact]
    public void Every_route_that_names_something_says_what()
    {
        var named = Routes.SelectMany(e => Heads(e.RoutePattern.RawText!)).ToHashSet();
        Assert.Equal(named.Order(StringComparer.Ordinal), Names.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Find_nothing_of_anothers_and_change_nothing()
    {
        var owner = await NewOwnerAsync();
        var strangers = await NewStrangersAsync();
        var before = await ShowAsync(owner);
        List<string> wrong = [];
        foreach (var route in Routes.Where(e => Heads(e.RoutePattern.RawText!).Select(head => Names[head]).Any(thing => thing != Public)))
            foreach (var method in route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)
                foreach (var stranger in strangers)
                {
                    if (Expected(route, stranger.Kind) is not { } expected) continue;
                    var path = route.RoutePattern.RawText!;
                    var there = await TryAsync(stranger, route, method, Fill(path, thing => owner.Ids[thing]));
                    var nowhere = await TryAsync(stranger, route, method, Fill(path, thing => Another(owner.Ids[thing])));
                    if (there.Status != expected) wrong.Add($"{stranger.Kind}: {method} {path} answered {(int)there.Status} instead of {(int)expected}: {there.Said}");
                    else if (there != nowhere) wrong.Add($"{stranger.Kind}: {method} {path} tells what is there ({there.Said}) from what is not ({nowhere.Said})");
                }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(before, await ShowAsync(owner));
    }

    /// <summary>Routes that say "my" without an id, lists by another's cursor, and ids that stand in a body.</summary>
    [Fact]
    public async Task Are_shown_their_own_where_no_id_is_named()
    {
        var (owner, strangers) = (await NewOwnerAsync(), await NewStrangersAsync());
        var mine = Routes.Where(e => !Heads(e.RoutePattern.RawText!).Any() && e.Metadata.GetMetadata<IAllowAnonymous>() is null && e.Metadata.GetMetadata<Permission>() is null)
            .Where(e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Contains("GET")).Select(e => e.RoutePattern.RawText!).ToList();
        Assert.Contains("/v1/me", mine);
        List<string> paths = [.. mine, "/v1/orders"];
        foreach (var list in new[] { "/v1/orders", "/v1/carts", "/v1/me/wallet/statement" })
            paths.Add($"{list}?limit=1&cursor={(await (await owner.Http.GetAsync($"{list}?limit=1")).Body()).Text("nextCursor")}");
        foreach (var stranger in strangers)
        {
            foreach (var path in paths)
            {
                var text = await (await stranger.Http.GetAsync(path)).Content.ReadAsStringAsync();
                Assert.All(owner.Told, told => Assert.DoesNotContain(told, text, StringComparison.OrdinalIgnoreCase));
            }
            foreach (var cart in new[] { owner.Ids["cart"], Another(owner.Ids["cart"]) })
                await (await shop.PlaceAsync(new { cartId = cart, email = "eve@example.com" }, by: stranger.Http)).Problem(HttpStatusCode.NotFound, "cart_not_found");
        }
    }

    /// <summary>What a route says to this stranger, whatever is named; null where a machine may indeed.</summary>
    static HttpStatusCode? Expected(RouteEndpoint route, Kind kind)
    {
        if (route.Metadata.GetMetadata<IAllowAnonymous>() is not null) return HttpStatusCode.NotFound;
        var isForStaff = route.Metadata.GetMetadata<Permission>() is not null;
        return kind switch
        {
            Kind.Guest => HttpStatusCode.Unauthorized,
            Kind.Machine => isForStaff ? null : HttpStatusCode.Forbidden,
            _ => isForStaff ? HttpStatusCode.Forbidden : HttpStatusCode.NotFound,
        };
    }

    static async Task<(HttpStatusCode Status, string Said)> TryAsync(Stranger stranger, RouteEndpoint route, string method, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(method), path);
        if (Bodies.TryGetValue(route.Metadata.GetMetadata<IEndpointNameMetadata>()!.EndpointName, out var body)) request.Content = JsonContent.Create(body);
        request.Headers.Add("Idempotency-Key", OrderingShop.NewKey());
        request.Headers.TryAddWithoutValidation("If-Match", "\"1\"");
        using var answer = await stranger.Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        if (answer.IsSuccessStatusCode) return (answer.StatusCode, text);
        var problem = JsonNode.Parse(text)!.AsObject();
        // What differs by its nature: which request it was.
        problem.Remove("instance");
        problem.Remove("traceId");
        return (answer.StatusCode, problem.ToJsonString());
    }

    /// <summary>The beginnings of a route that end with something named: <c>/v1/orders/{id}</c> and <c>/v1/orders/{id}/payments/{paymentId}</c>.</summary>
    static IEnumerable<string> Heads(string route) => Parameter().Matches(route).Select(m => route[..(m.Index + m.Length)]);

    static string Fill(string route, Func<string, string> idOf) => Parameter().Replace(route, m => idOf(Names[route[..(m.Index + m.Length)]]));

    /// <summary>An id of the same kind that names nothing.</summary>
    static string Another(string id) => $"{id.Split('_')[0]}_{Base32.Write(Guid.CreateVersion7())}";

    async Task<Owner> NewOwnerAsync()
    {
        var anna = await shop.NewPerson();
        var variant = await shop.NewVariantAsync(100);
        object lines = new[] { new { variantId = variant, quantity = 1 } };
        var cart = (await (await anna.Http.PostAsJsonAsync("/v1/carts", new { lines })).Body()).Text("id");
        Assert.Equal(HttpStatusCode.Created, (await anna.Http.PostAsync($"/v1/carts/{cart}/holds", null)).StatusCode);
        await anna.Http.PostAsJsonAsync("/v1/carts", new { lines });
        await shop.PlacedAsync(OrderingShop.OrderOf(variant), by: anna.Http);
        var order = (await shop.PlacedAsync(OrderingShop.OrderOf(variant), by: anna.Http)).Text("id");
        var payment = await (await shop.PostAsync($"/v1/orders/{order}/payments", new { method = "sandbox", token = "tok_declined" }, OrderingShop.NewKey(), anna.Http)).Body();
        var topUp = await shop.TopUpAsync(anna, 5_000);
        await shop.TopUpAsync(anna, 500);
        var wallet = (await (await shop.Staff.GetAsync($"/v1/admin/ledger/accounts?customerId={anna.Id}")).Body()).GetProperty("items")[0].Text("id");
        return new(anna.Http, new()
        {
            ["cart"] = cart, ["order"] = order, ["payment"] = payment.Text("id"), ["top-up"] = topUp.Text("id"), ["account"] = anna.Id, ["wallet"] = await shop.WalletIdAsync(anna),
            ["ledger account"] = wallet, ["API key"] = (await shop.NewMachine(shop.Staff, "orders:read")).Id, ["dead job"] = Another("job_"),
            ["variant"] = variant, ["location"] = await shop.LocationIdAsync(),
            ["session"] = (await (await anna.Http.GetAsync("/v1/me/sessions")).Body()).GetProperty("items")[0].Text("id"),
        }, anna.Email);
    }

    async Task<IReadOnlyList<Stranger>> NewStrangersAsync()
    {
        var variant = await shop.NewVariantAsync(10);
        var cartToken = (await (await shop.Http.PostAsJsonAsync("/v1/carts", new { lines = new[] { new { variantId = variant, quantity = 1 } } })).Body()).Text("cartToken");
        var orderToken = (await shop.PlacedAsync(OrderingShop.OrderOf(variant))).Text("orderToken");
        var keyed = await shop.NewMachine(shop.Staff, [.. Permission.All.Where(p => p != Permission.KeysWrite && p != Permission.UsersWrite).Select(p => p.Name)]);
        List<Stranger> strangers = [new(Kind.Account, (await shop.NewPerson()).Http), new(Kind.Guest, shop.NewClient()), new(Kind.Machine, keyed.Http)];
        foreach (var stranger in strangers)
        {
            stranger.Http.DefaultRequestHeaders.Add("Souk-Cart-Token", cartToken);
            stranger.Http.DefaultRequestHeaders.Add("Souk-Order-Token", orderToken);
        }
        return strangers;
    }

    /// <summary>All that the owner sees of it.</summary>
    static async Task<string> ShowAsync(Owner owner)
    {
        var (cart, order) = ($"/v1/carts/{owner.Ids["cart"]}", $"/v1/orders/{owner.Ids["order"]}");
        List<string> shown = [];
        foreach (var path in new[] { cart, order, $"{order}/timeline", $"{order}/payments", $"/v1/me/wallet/top-ups/{owner.Ids["top-up"]}", "/v1/me/wallet", "/v1/me" })
        {
            var answer = await owner.Http.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            shown.Add(await answer.Content.ReadAsStringAsync());
        }
        return string.Join('\n', shown);
    }

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameter();
}
