using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Souk.Contracts;
using Souk.Platform.Data;
using Souk.Platform.Ids;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Inventory;

/// <summary>A client of the first revision and one of today work on the same shelf, each in its own words.</summary>
public sealed class OldReasonsTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    const string Old = "2026-11-01";

    async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body, string? revision, string? key = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = JsonContent.Create(body);
        if (revision is not null) request.Headers.Add("Souk-Version", revision);
        if (method == HttpMethod.Post) request.Headers.Add("Idempotency-Key", key ?? OrderingShop.NewKey());
        return await shop.Staff.SendAsync(request);
    }

    async Task<string> AdjustmentsAsync(string variant) => $"/v1/admin/stock/{variant}/locations/{await shop.LocationIdAsync()}/adjustments";

    static async Task<JsonObject> ReadAsync(HttpResponseMessage answer) => (await answer.Content.ReadFromJsonAsync<JsonObject>())!;

    async Task<string[]> ReasonsAsync(string variant, string? revision) =>
        [.. (await ReadAsync(await SendAsync(HttpMethod.Get, $"/v1/admin/stock/{variant}", null, revision)))["movements"]!.AsArray().Select(m => (string)m!["reason"]!)];

    [Theory]
    [InlineData("found", 2, "counted")]
    [InlineData("correction", -2, "other")]
    [InlineData("received", 2, "received")]
    public async Task Each_is_answered_in_the_words_of_its_revision(string word, int delta, string today)
    {
        var (variant, key) = (await shop.NewVariantAsync(10), OrderingShop.NewKey());
        using var made = await SendAsync(HttpMethod.Post, await AdjustmentsAsync(variant), new { delta, reason = word }, Old, key);
        Assert.Equal((HttpStatusCode.Created, word), (made.StatusCode, (string)(await ReadAsync(made))["reason"]!));
        Assert.Equal("@1795824000", made.Headers.GetValues("Deprecation").Single());
        using var again = await SendAsync(HttpMethod.Post, await AdjustmentsAsync(variant), new { delta, reason = word }, Old, key);
        Assert.Equal(word, (string)(await ReadAsync(again))["reason"]!);

        Assert.Equal((word, today), ((await ReasonsAsync(variant, Old))[0], (await ReasonsAsync(variant, null))[0]));
        Assert.Equal((10 + delta, 0, 10 + delta), await shop.StockAsync(variant));
    }

    [Fact]
    public async Task Old_clients_see_no_note_and_todays_words_are_unknown_to_them()
    {
        var variant = await shop.NewVariantAsync(10);
        using var noted = await SendAsync(HttpMethod.Post, await AdjustmentsAsync(variant), new { delta = -1, reason = "damaged", note = "  Fell off the trolley.  " }, null);
        Assert.Equal("Fell off the trolley.", (string)(await ReadAsync(noted))["note"]!);
        using var seen = await SendAsync(HttpMethod.Get, $"/v1/admin/stock/{variant}", null, Old);
        Assert.False((await ReadAsync(seen))["movements"]![0]!.AsObject().ContainsKey("note"));

        using var refused = await SendAsync(HttpMethod.Post, await AdjustmentsAsync(variant), new { delta = 1, reason = "counted" }, Old);
        await refused.Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        using var odd = await SendAsync(HttpMethod.Post, await AdjustmentsAsync(variant), new { delta = 1, reason = 7 }, Old);
        Assert.Equal(HttpStatusCode.BadRequest, odd.StatusCode);
    }

    [Fact]
    public async Task What_was_written_before_is_read_in_both_words()
    {
        var variant = await shop.NewVariantAsync(10);
        await shop.Db.ExecuteAsync("UPDATE ordering.stock_movements SET reason = 'count' WHERE variant_id = $1", [Id<VariantKind>.TryParse(variant, out var id) ? id.Value : default], default);
        Assert.Equal(["counted"], await ReasonsAsync(variant, null));
        Assert.Equal(["found"], await ReasonsAsync(variant, Old));
    }
}
