using System.Text.Json.Nodes;
using Souk.Prove.Traffic;

namespace Souk.Prove.Actors;

/// <summary>Buys in every way there is: lines or a cart, once or twice at once, in two tabs, while the cart is edited or held; and now and then hangs up.</summary>
internal sealed class Buyer(World world, string name, Account? account) : Actor(world, name)
{
    static readonly string[] PlacementRefusals = ["insufficient_stock", "cart_changed", "cart_ordered"];

    protected override async Task ActAsync(Random script)
    {
        var accepted = script.Next(100) switch
        {
            < 35 => await BuyLinesAsync(script),
            < 45 => await SubmitTwiceAsync(script),
            < 52 => await HangUpAsync(script),
            < 60 => await TwoTabsAsync(script),
            < 68 => await EditWhileOrderingAsync(script),
            < 76 => await HoldCartAsync(script),
            _ => await BuyCartAsync(script),
        };
        if (accepted is not null) await new Payer(World).GoOnAsync(accepted, script);
    }

    Caller Me => new(account);

    async Task<AcceptedOrder?> BuyLinesAsync(Random script)
    {
        var key = NewKey(script);
        var order = OrderOfLines(script);
        if (script.Next(4) == 0) order["payment"] = Body(("method", "sandbox"), ("token", script.Next(4) == 0 ? "tok_declined" : "tok_ok"));
        var answer = await Shop.AskAsync("place order", HttpMethod.Post, "/v1/orders", order, Me, key);
        var accepted = Placed(answer, key, isRefusalFinal: true);
        if (accepted is not null && script.Next(8) == 0)
        {
            // However long after: the same key is the same order.
            var again = await Shop.AskAsync("repeat order", HttpMethod.Post, "/v1/orders", (JsonObject)order.DeepClone(), Me, key);
            if (Placed(again, key) is null) History.Violate(Promise.OneEffect, $"{accepted.Id}, ordered again under its key, was answered with {again}");
        }
        return accepted;
    }

    async Task<AcceptedOrder?> SubmitTwiceAsync(Random script)
    {
        var (key, order) = (NewKey(script), OrderOfLines(script));
        var answers = await Task.WhenAll(Enumerable.Range(0, 2 + script.Next(2)).Select(_ =>
            Shop.AskAsync("submit order twice", HttpMethod.Post, "/v1/orders", (JsonObject)order.DeepClone(), Me, key)));
        // The first may find nothing left and the second one, a moment later, something that came back.
        return answers.Select(a => Placed(a, key)).FirstOrDefault(a => a is not null);
    }

    /// <summary>Goes away in the middle, and asks again with the same key.</summary>
    async Task<AcceptedOrder?> HangUpAsync(Random script)
    {
        var (key, order) = (NewKey(script), OrderOfLines(script));
        using var hangUp = new CancellationTokenSource(TimeSpan.FromMilliseconds(script.Next(1, 30)));
        await Shop.SendAsync("order and hang up", HttpMethod.Post, "/v1/orders", (JsonObject)order.DeepClone(), Me, key, hangUp.Token);
        return Placed(await Shop.AskAsync("order again", HttpMethod.Post, "/v1/orders", order, Me, key), key);
    }

    async Task<AcceptedOrder?> BuyCartAsync(Random script)
    {
        if (await FillCartAsync(script) is not var (cart, who, _)) return null;
        var key = NewKey(script);
        return Placed(await Shop.AskAsync("order cart", HttpMethod.Post, "/v1/orders", Body(("cartId", cart)), who, key), key, isRefusalFinal: true);
    }

    /// <summary>Two tabs order one cart under keys of their own: one of them at most becomes an order.</summary>
    async Task<AcceptedOrder?> TwoTabsAsync(Random script)
    {
        if (await FillCartAsync(script) is not var (cart, who, _)) return null;
        string[] keys = [NewKey(script), NewKey(script)];
        var answers = await Task.WhenAll(keys.Select(key => Shop.AskAsync("order cart in two tabs", HttpMethod.Post, "/v1/orders", Body(("cartId", cart)), who, key)));
        List<AcceptedOrder> accepted = [.. answers.Zip(keys, (answer, key) => Placed(answer, key, isRefusalFinal: true)).OfType<AcceptedOrder>()];
        if (accepted.Count > 1) History.Violate(Promise.OneOrderPerCart, $"{cart} became {accepted[0].Id} and {accepted[1].Id}");
        return accepted.FirstOrDefault();
    }

    /// <summary>A line is changed while the cart is ordered: sold is what was in it before or after.</summary>
    async Task<AcceptedOrder?> EditWhileOrderingAsync(Random script)
    {
        if (await FillCartAsync(script) is not var (cart, who, before)) return null;
        var (key, edited, quantity) = (NewKey(script), before[script.Next(before.Count)].Variant, script.Next(1, 6));
        var editing = Shop.AskAsync("edit cart while ordering", HttpMethod.Put, $"/v1/carts/{cart}/lines/{edited}", Body(("quantity", quantity)), who);
        var accepted = Placed(await Shop.AskAsync("order cart while editing", HttpMethod.Post, "/v1/orders", Body(("cartId", cart)), who, key), key, isRefusalFinal: true);
        Expect(await editing, "editing a cart", 200, "cart_ordered", "cart_changed");
        if (accepted is null) return null;
        var after = before.Select(l => l.Variant == edited ? (l.Variant, quantity) : l);
        if (AcceptedOrder.LinesOf(accepted.Lines) is var sold && sold != AcceptedOrder.LinesOf(before) && sold != AcceptedOrder.LinesOf(after))
            History.Violate(Promise.CartAsSeen, $"{accepted.Id} sold {sold}; in the cart was {AcceptedOrder.LinesOf(before)}, then {AcceptedOrder.LinesOf(after)}");
        return accepted;
    }

    /// <summary>What is in the cart is held; then it is ordered, given back, both at once, or left until the hold ends by itself.</summary>
    async Task<AcceptedOrder?> HoldCartAsync(Random script)
    {
        if (await FillCartAsync(script) is not var (cart, who, _)) return null;
        var (key, end) = (NewKey(script), World.IsOwn ? script.Next(10) : 0);
        if (World.IsOwn)
        {
            var holds = await Task.WhenAll(Enumerable.Range(0, script.Next(4) == 0 ? 2 : 1).Select(_ => Shop.AskAsync("hold cart", HttpMethod.Post, $"/v1/carts/{cart}/holds", [], who)));
            foreach (var held in holds) Expect(held, "holding a cart", 201, "insufficient_stock", "holds_full");
        }
        if (end == 9) return null;
        var release = end >= 5 ? Shop.AskAsync("release cart", HttpMethod.Delete, $"/v1/carts/{cart}/holds", null, who) : null;
        var accepted = end >= 7 ? null : Placed(await Shop.AskAsync("order held cart", HttpMethod.Post, "/v1/orders", Body(("cartId", cart)), who, key), key, isRefusalFinal: true);
        if (release is not null) Expect(await release, "releasing a cart", 204, "cart_ordered");
        return accepted;
    }

    /// <summary>A cart with one or two lines, an address and a shipping method.</summary>
    async Task<(string Cart, Caller Who, List<(string Variant, int Quantity)> Lines)?> FillCartAsync(Random script)
    {
        var made = await Shop.AskAsync("make cart", HttpMethod.Post, "/v1/carts", [], Me);
        if (!Expect(made, "making a cart", 201)) return null;
        var cart = made.Text("id");
        var who = account is null ? new Caller(CartToken: made.Text("cartToken")) : Me;
        var lines = new Dictionary<string, int>();
        for (var i = script.Next(1, 3); i > 0; i--)
        {
            var (variant, quantity) = (VariantOrKit(script), script.Next(1, 4));
            if (!Expect(await Shop.AskAsync("set cart line", HttpMethod.Put, $"/v1/carts/{cart}/lines/{variant}", Body(("quantity", quantity)), who), "setting a line", 200)) return null;
            lines[variant] = quantity;
        }
        var patch = Body(("shippingAddress", Address()), ("shippingMethod", World.ShippingMethod), ("email", account is null ? "guest@example.com" : null));
        if (!Expect(await Shop.AskAsync("change cart", HttpMethod.Patch, $"/v1/carts/{cart}", patch, who), "changing a cart", 200)) return null;
        return (cart, who, [.. lines.Select(l => (l.Key, l.Value))]);
    }

    JsonObject OrderOfLines(Random script)
    {
        var variants = new HashSet<string> { VariantOrKit(script) };
        if (script.Next(3) == 0) variants.Add(VariantOrKit(script));
        return Body(("lines", new JsonArray([.. variants.Select(v => Body(("variantId", v), ("quantity", script.Next(1, 4))))])), ("email", account is null ? "guest@example.com" : null));
    }

    static JsonObject Address() => Body(("name", "Ada"), ("line1", "12 St James Square"), ("city", "London"), ("country", "GB"));

    /// <param name="isRefusalFinal">Nothing of this key was ever left without an answer or is still under way.</param>
    AcceptedOrder? Placed(Answer answer, string key, bool isRefusalFinal = false)
    {
        if (Expect(answer, "an order", 201, PlacementRefusals)) return History.Accept(key, answer, account);
        if (isRefusalFinal && answer.Status is >= 400 and < 500 && !answer.WasDisturbed) History.RefusedKeys.Add(key);
        return null;
    }
}
