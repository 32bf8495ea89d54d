using Souk.Prove.Traffic;

namespace Souk.Prove.Actors;

/// <summary>What is there before anybody acts: staff signed in, members registered, variants looked up, and what lies on their shelves.</summary>
internal static class Opening
{
    const int MembersMax = 32, VariantsMax = 24;

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
        List<string> variants = [.. products.GetProperty("items").EnumerateArray().SelectMany(p => p.GetProperty("variants").EnumerateArray()).Select(v => v.GetProperty("id").GetString()!).Take(VariantsMax)];
        if (variants.Count == 0) throw new ProveException("The shop has nothing in stock that could be bought.");
        var methods = Must(await shop.AskAsync("list shipping methods", HttpMethod.Get, "/v1/shipping-methods", null, default), 200);
        var method = methods.GetProperty("items").EnumerateArray().Select(m => m.GetProperty("code").GetString()).FirstOrDefault();
        var locations = Must(await shop.AskAsync("list locations", HttpMethod.Get, "/v1/admin/locations", null, new(staff)), 200);
        var before = new Dictionary<string, (int, int)>();
        foreach (var variant in variants)
        {
            var stock = Must(await shop.AskAsync("read stock", HttpMethod.Get, $"/v1/admin/stock/{variant}", null, new(staff)), 200);
            before[variant] = (stock.GetProperty("onHand").GetInt32(), stock.GetProperty("reserved").GetInt32());
        }
        return new(shop, history, variants, locations.GetProperty("items")[0].GetProperty("id").GetString()!, method, staff, members, before);
    }

    static JsonElement Must(Answer answer, int status) =>
        answer.Status == status ? answer.Body : throw new ProveException($"The shop cannot be used: it answered {answer} where {status} was expected. {answer.Body}");
}
