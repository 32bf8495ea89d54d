using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Inventory;

public sealed class ChangeLocationTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    async Task<JsonElement> NewAsync() => await (await shop.Staff.PostAsJsonAsync("/v1/admin/locations", new { name = $"Depot {Guid.NewGuid():n}", country = "NL", postalCode = "1012" })).Body();

    async Task<HttpResponseMessage> PatchAsync(string id, string patch, string? ifMatch, HttpClient? by = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"/v1/admin/locations/{id}") { Content = new StringContent(patch, new MediaTypeHeaderValue("application/merge-patch+json")) };
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        return await (by ?? shop.Staff).SendAsync(request);
    }

    [Fact]
    public async Task Changes_what_is_given_clears_what_is_null_and_keeps_the_rest()
    {
        var made = await NewAsync();
        Assert.Equal((100, "NL", "1012", 1), (made.GetProperty("priority").GetInt32(), made.Text("country"), made.Text("postalCode"), made.GetProperty("version").GetInt32()));
        var changed = await (await PatchAsync(made.Text("id"), """{"priority": 3, "postalCode": null}""", "\"1\"")).Body();
        Assert.Equal((3, "NL", made.Text("name"), 2), (changed.GetProperty("priority").GetInt32(), changed.Text("country"), changed.Text("name"), changed.GetProperty("version").GetInt32()));
        Assert.False(changed.TryGetProperty("postalCode", out _));
    }

    [Fact]
    public async Task Of_rivals_with_one_version_one_wins()
    {
        var made = await NewAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => PatchAsync(made.Text("id"), $$"""{"priority": {{i}}}""", "\"1\"")));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK);
        foreach (var lost in answers.Where(a => a.StatusCode != HttpStatusCode.OK)) Assert.Equal("version_mismatch", await lost.Code());
    }

    [Fact]
    public async Task Is_refused_without_a_version_for_what_is_wrong_unknown_or_taken_and_by_who_is_not_staff()
    {
        var (made, other) = (await NewAsync(), await NewAsync());
        await (await PatchAsync(made.Text("id"), "{}", null)).Problem(HttpStatusCode.PreconditionRequired, "precondition_required");
        foreach (var wrong in new[] { """{"priority": -1}""", """{"priority": null}""", """{"country": "XX"}""", """{"postalCode": " "}""", """{"name": null}""" })
            await (await PatchAsync(made.Text("id"), wrong, "\"1\"")).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        await (await PatchAsync(made.Text("id"), $$"""{"name": "{{other.Text("name")}}"}""", "\"1\"")).Problem(HttpStatusCode.Conflict, "location_exists");
        await (await PatchAsync(Souk.Platform.Ids.Id<Souk.Contracts.LocationKind>.New(shop.Clock).ToString(), "{}", "\"1\"")).Problem(HttpStatusCode.NotFound, "location_not_found");
        await (await PatchAsync(made.Text("id"), "{}", "\"1\"", shop.Http)).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
    }
}
