using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;

namespace Souk.Host.Commands;

/// <summary>
/// <c>souk demo</c>: one purchase from the registration to the order history, over HTTP, against a running shop. Every request and answer is
/// printed. Read <see cref="BuyAsync"/> as the recipe for a front end of your own.
/// </summary>
internal static class Demo
{
    static readonly Setting Url = new("url", "address", "The shop", "http://127.0.0.1:8080");

    public static Command Command() => CommandLine.Of("demo", "Walk through a whole purchase against a running shop and print every request and answer.", [Url], RunAsync);

    static async Task<int> RunAsync(Chosen settings, Terminal terminal, CancellationToken cancel)
    {
        if (!Uri.TryCreate(settings[Url], UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new CommandException($"--url {settings[Url]} is no address. Write it as http://127.0.0.1:8080");
        using var shop = new DemoClient(url, terminal, cancel);
        await BuyAsync(shop, terminal);
        return CommandLine.Succeeded;
    }

    static async Task BuyAsync(DemoClient shop, Terminal terminal)
    {
        shop.Title("Register");
        var email = $"ada.{RandomNumberGenerator.GetHexString(8, lowercase: true)}@example.com";
        var password = RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyz23456789", 20);
        await shop.Post("/v1/users", new { email, password, name = "Ada Lovelace" }, expect: 201);

        shop.Title("Browse");
        await shop.Get("/v1/categories?limit=3");
        var products = await shop.Get("/v1/products?limit=20");
        var (slug, variant) = await FirstInStock(shop, products);
        var product = await shop.Get($"/v1/products/{slug}");

        shop.Title("Fill a cart as a guest");
        var guestCart = await shop.Post("/v1/carts", new { lines = new[] { new { variantId = variant, quantity = 1 } } }, expect: 201);
        var cartToken = ("Souk-Cart-Token", guestCart.Text("cartToken"));
        await shop.Put($"/v1/carts/{guestCart.Text("id")}/lines/{variant}", new { quantity = 2 }, cartToken);

        shop.Title("Sign in; the guest's cart comes along");
        var session = await shop.Post("/v1/sessions", new { email, password }, expect: 201, cartToken);
        var signedIn = ("Authorization", "Bearer " + session.Text("accessToken"));
        var cartId = session.Text("cartId");
        await shop.Get($"/v1/carts/{cartId}", signedIn);

        shop.Title("Say where to and how");
        var address = new { name = "Ada Lovelace", line1 = "12 St James Square", city = "London", postalCode = "SW1Y 4JH", country = "GB" };
        var cart = await shop.Patch($"/v1/carts/{cartId}", new { shippingAddress = address, shippingMethod = "zy-express" }, signedIn);

        shop.Title("Order, and send the same request again as if the answer was lost");
        var key = ("Idempotency-Key", RandomNumberGenerator.GetHexString(32, lowercase: true));
        var request = new { cartId, expectedTotal = cart.GetProperty("total") };
        var order = await shop.Post("/v1/orders", request, expect: 201, signedIn, key);
        var again = await shop.Post("/v1/orders", request, expect: 201, signedIn, key);
        Check(again.Text("id") == order.Text("id"), "the repeated request must answer the same order");
        Check(shop.LastAnswerHas("Idempotent-Replayed", "true"), "the repeated request must say Idempotent-Replayed: true");

        shop.Title("Pay");
        var payKey = ("Idempotency-Key", RandomNumberGenerator.GetHexString(32, lowercase: true));
        var payment = await shop.Post($"/v1/orders/{order.Text("id")}/payments", new { method = "sandbox" }, expect: 201, signedIn, payKey);
        Check(payment.Text("status") == "captured", "the sandbox takes the money at once");
        var paid = await shop.Get($"/v1/orders/{order.Text("id")}", signedIn);
        Check(paid.Text("paymentStatus") == "paid", "the order must be paid");

        shop.Title("Look back");
        var history = await shop.Get("/v1/orders?limit=5", signedIn);
        Check(history.GetProperty("items").EnumerateArray().Any(o => o.Text("id") == order.Text("id")), "the history must hold the order");

        var total = paid.GetProperty("total");
        terminal.Line();
        terminal.Line(terminal.Green($"Done: order {paid.Text("number")}, 2 × {product.Text("name")}, paid {Amount(total)} in {shop.Requests} requests."));
    }

    /// <summary>The first variant of these products of which there are two or more.</summary>
    static async Task<(string Slug, string VariantId)> FirstInStock(DemoClient shop, JsonElement products)
    {
        var variants = (from product in products.GetProperty("items").EnumerateArray()
                        from variant in product.GetProperty("variants").EnumerateArray()
                        select (Slug: product.Text("slug"), Id: variant.Text("id"))).Take(50).ToList();
        Check(variants.Count > 0, "the shop must have products; load some: souk import adventureworks");
        var availability = await shop.Get($"/v1/availability?variantIds={string.Join(',', variants.Select(v => v.Id))}");
        var available = availability.GetProperty("items").EnumerateArray().ToDictionary(i => i.Text("variantId"), i => i.GetProperty("available").GetInt64());
        var found = variants.Find(v => available.GetValueOrDefault(v.Id) >= 2);
        Check(found.Id is not null, "some product must be in stock; count stock in, or import it");
        return (found.Slug, found.Id!);
    }

    /// <summary>Stops the walk when something is not as it should be.</summary>
    static void Check(bool holds, string what)
    {
        if (!holds) throw new CommandException($"The shop is not as it should be: {what}.");
    }

    static string Amount(JsonElement money) =>
        FormattableString.Invariant($"{money.GetProperty("amount").GetInt64() / 100m:0.00} {money.Text("currency")}");
}
