using System.Text.Json.Nodes;
using Souk.Prove.Traffic;

namespace Souk.Prove.Actors;

/// <summary>What is there before anybody acts: staff signed in, members registered, variants looked up, and what lies on their shelves.</summary>
internal static class Opening
{
    const int MembersMax = 32, VariantsMax = 24;

    /// <summary>So many variants a shop has at least whose rules are changed.</summary>
    const int RulesMin = 8;

    const int BackorderLimit = 20, SafetyStock = 3;

    const string Password = "a long enough phrase";

    /// <param name="isNew">The staff account still has its one-time password.</param>
    public static async Task<World> MakeWorldAsync(Shop shop, History history, (string Email, string Password) staffIs, bool isNew)
    {
        var staff = new Account(staffIs.Email, staffIs.Password);
        await staff.RenewAsync(shop, null);
        if (isNew)
        {
            Must(await shop.AskAsync("change password", HttpMethod.Put, "/v1/me/password", new() { ["currentPassword"] = staffIs.Password, ["newPassword"] = Password }, new(staff)), 204);
            staff = new(staffIs.Email, Password);
            await staff.RenewAsync(shop, null);
        }
        var members = new List<Account>();
        for (var n = 0; n < MembersMax; n++)
        {
            var member = new Account($"prove-{Guid.NewGuid():n}@example.com", Password);
            Must(await shop.AskAsync("register", HttpMethod.Post, "/v1/users", new() { ["email"] = member.Email, ["password"] = Password }, default), 201);
            await member.RenewAsync(shop, null);
            members.Add(member);
        }
        var products = Must(await shop.AskAsync("list products", HttpMethod.Get, "/v1/products?inStock=true&limit=20", null, default), 200);
        List<string> variants = [.. products.GetProperty("items").EnumerateArray().SelectMany(p => p.GetProperty("variants").EnumerateArray())
            .Select(v => v.GetProperty("id").GetString()!).Take(VariantsMax)];
        if (variants.Count == 0) throw new ProveException("The shop has nothing in stock that could be bought.");
        var methods = Must(await shop.AskAsync("list shipping methods", HttpMethod.Get, "/v1/shipping-methods", null, default), 200);
        var method = methods.GetProperty("items").EnumerateArray().Select(m => m.GetProperty("code").GetString()).FirstOrDefault();
        var locations = Must(await shop.AskAsync("list locations", HttpMethod.Get, "/v1/admin/locations", null, new(staff)), 200);
        var kits = isNew && variants.Count > RulesMin ? await RuleAsync() : [];
        var before = new Dictionary<string, (int, int)>();
        foreach (var variant in variants)
        {
            var stock = Must(await shop.AskAsync("read stock", HttpMethod.Get, $"/v1/admin/stock/{variant}", null, new(staff)), 200);
            before[variant] = (stock.GetProperty("onHand").GetInt32(), stock.GetProperty("available").GetInt32());
        }
        return new(shop, history, variants, kits, locations.GetProperty("items")[0].GetProperty("id").GetString()!, method, staff, members, before, isNew);

        // One of those that everybody wants is sold beyond its shelf, one has units that are never sold, and two are sold as a kit.
        async Task<Dictionary<string, IReadOnlyList<(string, int)>>> RuleAsync()
        {
            JsonObject backorder = new() { ["kind"] = "backorder", ["limit"] = BackorderLimit };
            Must(await shop.AskAsync("sell on back-order", HttpMethod.Patch, $"/v1/admin/stock/{variants[0]}", new() { ["backorder"] = backorder }, new(staff)), 200);
            Must(await shop.AskAsync("keep safety stock", HttpMethod.Patch, $"/v1/admin/stock/{variants[1]}", new() { ["safetyStock"] = SafetyStock }, new(staff)), 200);
            var kit = variants[^1];
            variants.Remove(kit);
            var own = Must(await shop.AskAsync("read stock", HttpMethod.Get, $"/v1/admin/stock/{kit}", null, new(staff)), 200);
            foreach (var level in own.GetProperty("levels").EnumerateArray())
                Must(await shop.AskAsync("count stock", HttpMethod.Put, $"/v1/admin/stock/{kit}/locations/{level.GetProperty("locationId").GetString()}", new() { ["onHand"] = 0 }, new(staff)), 200);
            List<(string Variant, int Quantity)> parts = [(variants[1], 1), (variants[2], 2)];
            JsonArray components = [.. parts.Select(p => new JsonObject { ["variantId"] = p.Variant, ["quantity"] = p.Quantity })];
            Must(await shop.AskAsync("make a kit", HttpMethod.Put, $"/v1/admin/stock/{kit}/kit", new() { ["components"] = components }, new(staff)), 200);
            return new() { [kit] = parts };
        }
    }

    static JsonElement Must(Answer answer, int status) =>
        answer.Status == status ? answer.Body : throw new ProveException($"The shop cannot be used: it answered {answer} where {status} was expected. {answer.Body}");
}
