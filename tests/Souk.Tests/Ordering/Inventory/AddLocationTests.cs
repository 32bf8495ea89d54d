using System.Net;
using System.Net.Http.Json;

namespace Souk.Tests.Ordering.Inventory;

public sealed class AddLocationTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    [Fact]
    public async Task Makes_a_place_once_however_often_it_is_sent()
    {
        var name = $"Depot {Guid.NewGuid():n}";
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => shop.Staff.PostAsJsonAsync("/v1/admin/locations", new { name })));

        var made = Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Created);
        Assert.StartsWith("loc_", (await made.Body()).Text("id"), StringComparison.Ordinal);
        foreach (var answer in answers.Where(a => a != made)) Assert.Equal("location_exists", await answer.Code());
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("a\tb")]
    [InlineData(null)]
    public async Task Refuses_a_name_that_is_none(string? name) =>
        Assert.Equal("validation_failed", await (await shop.Staff.PostAsJsonAsync("/v1/admin/locations", new { name })).Code());

    [Fact]
    public async Task Is_for_staff_alone() =>
        Assert.Equal(HttpStatusCode.Unauthorized, (await shop.Http.PostAsJsonAsync("/v1/admin/locations", new { name = "Shed" })).StatusCode);
}
