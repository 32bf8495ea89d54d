using System.Net;
using System.Text.Json;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Orders;

/// <summary>Orders of a shop that takes the sandbox's money.</summary>
public class PayingShop(TestPostgres postgres) : OrderingShop(postgres)
{
    protected override void Configure(Microsoft.AspNetCore.Builder.WebApplicationBuilder builder) => builder.Configuration["Payments:Methods"] = "sandbox";
}

public sealed class MarkFulfilmentTests(PayingShop shop) : IClassFixture<PayingShop>
{
    Task<HttpResponseMessage> MarkAsync(JsonElement order, string status, HttpClient? by = null) =>
        shop.PostAsync($"/v1/admin/orders/{order.Text("id")}/fulfilment", new { status }, null, by ?? shop.Staff);

    async Task<JsonElement> PaidAsync() => await shop.PlacedAsync(new
    {
        lines = new[] { new { variantId = await shop.NewVariantAsync(5), quantity = 1 } },
        email = "guest@example.com",
        payment = new { method = "sandbox" },
    });

    [Fact]
    public async Task Goes_forward_step_by_step_and_tells_the_customer_and_the_history()
    {
        var order = await PaidAsync();
        Assert.Equal(("paid", "unfulfilled"), (order.Text("status"), order.Text("fulfilmentStatus")));
        foreach (var (status, version) in new[] { ("packed", 3), ("shipped", 4), ("delivered", 5) })
        {
            var marked = await (await MarkAsync(order, status)).Body();
            Assert.Equal((status, version, "paid"), (marked.Text("fulfilmentStatus"), marked.GetProperty("version").GetInt32(), marked.Text("status")));
        }
        Assert.Equal(["1 order.placed", "2 order.paid", "3 order.fulfilment_changed", "4 order.fulfilment_changed", "5 order.fulfilment_changed"], await shop.ToldAsync(order.Text("id")));
        var sale = await (await shop.GetAsync($"/v1/admin/orders/{order.Text("id")}", by: shop.Staff)).Body();
        Assert.Equal(["placed paid", "unfulfilled packed", "packed shipped", "shipped delivered"], sale.GetProperty("changes").EnumerateArray().Select(c => $"{c.Text("from")} {c.Text("to")}"));
        Assert.StartsWith("usr_", sale.GetProperty("changes")[1].Text("actorId"), StringComparison.Ordinal);
        await Answers.Eventually(async () => await shop.ScalarAsync<long>($"""
            SELECT count(*) FROM notifications.messages WHERE payload ->> 'orderId' = '{order.Text("id")}' AND type = 'order.status_changed'
            """) == 3, "the customer's inbox holds three changes");
    }

    [Fact]
    public async Task May_pass_over_a_step_but_never_goes_back_and_the_same_again_changes_nothing()
    {
        var order = await PaidAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => MarkAsync(order, "shipped")));
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.OK, a.StatusCode));
        Assert.Equal(3, (await answers[0].Body()).GetProperty("version").GetInt32());
        var problem = await (await MarkAsync(order, "packed")).Problem(HttpStatusCode.Conflict, "order_fulfilled_further");
        Assert.Equal("shipped", problem.Text("fulfilmentStatus"));
    }

    [Fact]
    public async Task Is_refused_for_what_is_not_paid_not_there_not_a_step_and_by_who_is_not_staff()
    {
        var unpaid = await shop.PlacedAsync(OrderingShop.OrderOf(await shop.NewVariantAsync(5)));
        await (await MarkAsync(unpaid, "packed")).Problem(HttpStatusCode.Conflict, "order_not_paid");
        await (await MarkAsync(unpaid, "unfulfilled")).Problem(HttpStatusCode.UnprocessableEntity, "validation_failed");
        await (await MarkAsync(unpaid, "packed", (await shop.NewPerson()).Http)).Problem(HttpStatusCode.Forbidden, "not_allowed");
        await (await MarkAsync(unpaid, "packed", shop.Http)).Problem(HttpStatusCode.Unauthorized, "not_signed_in");
        await (await shop.PostAsync($"/v1/admin/orders/{Souk.Platform.Ids.Id<Souk.Contracts.OrderKind>.New(shop.Clock)}/fulfilment", new { status = "packed" }, null, shop.Staff))
            .Problem(HttpStatusCode.NotFound, "order_not_found");
    }
}
