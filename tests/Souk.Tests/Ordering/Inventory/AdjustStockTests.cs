using System.Net;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Inventory;

public sealed class AdjustStockTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    async Task<HttpResponseMessage> AdjustAsync(string variant, object request, string? key = null) =>
        await shop.PostAsync($"/v1/admin/stock/{variant}/locations/{await shop.LocationIdAsync()}/adjustments", request, key ?? OrderingShop.NewKey(), shop.Staff);

    [Fact]
    public async Task Happens_once_per_key_and_answers_the_same_movement_again()
    {
        var (variant, key) = (await shop.NewVariantAsync(10), OrderingShop.NewKey());
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => AdjustAsync(variant, new { delta = 5, reason = "received" }, key)));
        var bodies = await Task.WhenAll(answers.Select(a => a.Content.ReadAsStringAsync()));

        Assert.All(answers, a => Assert.Equal(HttpStatusCode.Created, a.StatusCode));
        Assert.Single(bodies.Distinct());
        Assert.Equal((15, 0, 15), await shop.StockAsync(variant));
        await (await AdjustAsync(variant, new { delta = 6, reason = "received" }, key)).Problem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
    }

    [Fact]
    public async Task Takes_no_more_than_lies_there_and_nothing_that_is_promised()
    {
        var variant = await shop.NewVariantAsync(10);
        await shop.PlacedAsync(OrderingShop.OrderOf(variant, 8));
        await (await AdjustAsync(variant, new { delta = -3, reason = "lost" })).Problem(HttpStatusCode.Conflict, "stock_reserved");
        await (await AdjustAsync(variant, new { delta = -11, reason = "lost" })).Problem(HttpStatusCode.Conflict, "level_too_low");
        Assert.Equal(HttpStatusCode.Created, (await AdjustAsync(variant, new { delta = -2, reason = "lost" })).StatusCode);
        Assert.Equal((8, 8, 0), await shop.StockAsync(variant));
    }

    [Fact]
    public async Task Many_at_once_all_count()
    {
        var variant = await shop.NewVariantAsync(100);
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => AdjustAsync(variant, new { delta = i % 2 == 0 ? 3 : -2, reason = "other" })));
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.Created, a.StatusCode));
        Assert.Equal((115, 0, 115), await shop.StockAsync(variant));
    }

    [Fact]
    public async Task Those_that_come_together_each_get_their_own_answer()
    {
        var place = await shop.LocationIdAsync();
        const string nowhere = "loc_00000000000000000000000000";
        var used = OrderingShop.NewKey();
        var variants = new string[24];
        for (var i = 0; i < variants.Length; i++) variants[i] = await shop.NewVariantAsync(10);
        await AdjustAsync(variants[0], new { delta = 1, reason = "received" }, used);

        var answers = await Task.WhenAll(variants.Select((variant, i) => shop.PostAsync($"/v1/admin/stock/{variant}/locations/{(i % 6 == 5 ? nowhere : place)}/adjustments",
            new { delta = i % 6 == 3 ? -11 : 2, reason = "counted" }, i == 12 ? used : OrderingShop.NewKey(), shop.Staff)));

        foreach (var (i, variant) in variants.Index())
        {
            var code = i == 12 ? "idempotency_key_reused" : i % 6 == 3 ? "level_too_low" : i % 6 == 5 ? "location_not_found" : null;
            if (code is not null) await answers[i].Problem(answers[i].StatusCode, code);
            else Assert.Equal(HttpStatusCode.Created, answers[i].StatusCode);
            var onHand = 10 + (i == 0 ? 1 : 0) + (code is null ? 2 : 0);
            Assert.Equal((onHand, 0, onHand), await shop.StockAsync(variant));
        }
    }

    [Fact]
    public async Task A_first_request_that_does_not_commit_in_time_is_said_to_be_in_progress()
    {
        var (variant, key) = (await shop.NewVariantAsync(10), OrderingShop.NewKey());
        await using var connection = await shop.Db.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var first = new NpgsqlCommand("""
            INSERT INTO platform.idempotency_keys (scope, key, fingerprint, resource_id, created_at)
            SELECT id, $1, sha256(''), id, now() FROM identity.accounts WHERE is_staff
            """, connection) { Parameters = { new() { Value = key } } })
            Assert.True(await first.ExecuteNonQueryAsync() > 0);

        await (await AdjustAsync(variant, new { delta = 1, reason = "received" }, key)).Problem(HttpStatusCode.Conflict, "idempotency_in_progress");
        Assert.Equal((10, 0, 10), await shop.StockAsync(variant));
    }

    [Fact]
    public async Task Refuses_no_change_an_unknown_reason_and_a_missing_key()
    {
        var variant = await shop.NewVariantAsync(1);
        await (await AdjustAsync(variant, new { delta = 0, reason = "lost" })).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        await (await AdjustAsync(variant, new { delta = 1, reason = "other", note = new string('n', 501) })).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        await (await AdjustAsync(variant, new { delta = 1, reason = "other", note = "two\0lines" })).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        await (await AdjustAsync(variant, new { delta = 1, reason = "import" })).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        var keyless = await shop.PostAsync($"/v1/admin/stock/{variant}/locations/{await shop.LocationIdAsync()}/adjustments", new { delta = 1, reason = "counted" }, null, shop.Staff);
        await keyless.Problem(HttpStatusCode.BadRequest, "idempotency_key_required");
    }
}
