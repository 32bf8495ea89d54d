using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Souk.Prove.Traffic;

namespace Souk.Prove.Actors;

/// <summary>Puts money into a wallet, sends it to other members, sometimes twice at once, and pays orders with it; often for more than there is.</summary>
internal sealed class WalletUser(World world, string name, Account member) : Actor(world, name)
{
    const string Currency = "USD";

    /// <summary>A shop of others need not take wallets.</summary>
    const string NoWallets = "payment_method_unavailable";

    protected override async Task ActAsync(Random script)
    {
        if (!History.Wallets.ContainsKey(member))
        {
            var wallet = await Shop.AskAsync("read wallet", HttpMethod.Get, "/v1/me/wallet", null, Me);
            if (Expect(wallet, "a wallet", 200)) History.Wallets[member] = wallet.Text("id");
            return;
        }
        switch (script.Next(10))
        {
            case < 4: await TopUpAsync(script); break;
            case < 8: await SendAsync(script); break;
            default: await BuyAsync(script); break;
        }
    }

    Caller Me => new(member);

    async Task TopUpAsync(Random script)
    {
        var (key, amount) = (NewKey(script), script.Next(1, 20_000));
        var wish = Body(("amount", Amount(amount)), ("method", "sandbox"), ("token", script.Next(6) switch { 0 => "tok_declined", 1 => "tok_timeout", _ => "tok_ok" }));
        // Pending is no answer yet: the same request finds out what became of it.
        for (var again = 0; again < 100; again++)
        {
            var answer = await Shop.AskAsync("top up wallet", HttpMethod.Post, "/v1/me/wallet/top-ups", (JsonObject)wish.DeepClone(), Me, key);
            if (!Expect(answer, "a top-up", 201, NoWallets)) return;
            if (answer.Text("status") == "captured") History.TopUps[answer.Text("id")] = (member, amount);
            if (answer.Text("status") != "pending") return;
            await Task.Delay(100);
        }
    }

    async Task SendAsync(Random script)
    {
        var others = History.Wallets.Where(w => w.Key != member).ToList();
        if (others.Count == 0) return;
        var ((receiver, wallet), amount, key) = (others[script.Next(others.Count)], script.Next(1, 8_000), NewKey(script));
        var sends = Enumerable.Range(0, script.Next(4) == 0 ? 2 : 1).Select(_ => Shop.AskAsync("send to wallet", HttpMethod.Post, "/v1/me/wallet/transfers",
            Body(("to", wallet), ("amount", Amount(amount))), Me, key));
        var ids = new ConcurrentBag<string>();
        foreach (var answer in await Task.WhenAll(sends))
            if (Expect(answer, "a transfer", 201, "insufficient_balance"))
            {
                ids.Add(answer.Text("id"));
                History.Sent[answer.Text("id")] = (member, receiver, amount);
            }
        if (ids.Distinct().Count() > 1) History.Violate(Promise.OneEffect, $"the key {key} sent money {ids.Count} times");
    }

    async Task BuyAsync(Random script)
    {
        var (variant, key) = (Variant(script), NewKey(script));
        var answer = await Shop.AskAsync("place order", HttpMethod.Post, "/v1/orders", Body(("lines", new JsonArray(Body(("variantId", variant), ("quantity", 1))))), Me, key);
        if (!Expect(answer, "an order", 201, "insufficient_stock")) return;
        var order = History.Accept(key, answer, member);
        await new Payer(World).PayAsync(order, NewKey(script), token: null, method: "wallet");
    }

    static JsonObject Amount(long amount) => Body(("amount", amount), ("currency", Currency));
}
