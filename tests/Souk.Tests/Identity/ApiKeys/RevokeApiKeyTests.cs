using System.Net;
using Souk.Tests.Catalog;

namespace Souk.Tests.Identity.ApiKeys;

public sealed class RevokeApiKeyTests(TestShop shop) : IClassFixture<TestShop>
{
    [Fact]
    public async Task Ends_both_secrets_at_once_and_can_be_sent_again()
    {
        var staff = (await shop.NewStaff()).Http;
        var old = await shop.NewMachine(staff, "orders:read");
        var renewed = await shop.Rotated(staff, old, overlapHours: 5);
        foreach (var machine in new[] { old, renewed }) Assert.Equal(HttpStatusCode.OK, (await machine.Http.GetAsync("/v1/admin/orders")).StatusCode);

        Assert.Equal(HttpStatusCode.NoContent, (await staff.DeleteAsync(old.Path)).StatusCode);
        foreach (var machine in new[] { old, renewed }) await (await machine.Http.GetAsync("/v1/admin/orders")).Problem(HttpStatusCode.Unauthorized, "api_key_invalid");
        var revokedAt = (await (await staff.GetAsync(old.Path)).Body()).Text("revokedAt");
        Assert.Equal(HttpStatusCode.NoContent, (await staff.DeleteAsync(old.Path)).StatusCode);
        Assert.Equal(revokedAt, (await (await staff.GetAsync(old.Path)).Body()).Text("revokedAt"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Other_nodes_refuse_the_key_soon_after_whether_or_not_the_bus_works(bool busWorks)
    {
        var staff = (await shop.NewStaff()).Http;
        var machine = await shop.NewMachine(staff, "orders:read");
        await using var other = await ReadNode.StartAsync(shop, busWorks);
        other.Http.DefaultRequestHeaders.Authorization = machine.Http.DefaultRequestHeaders.Authorization;
        Assert.Equal(HttpStatusCode.OK, (await other.Http.GetAsync("/v1/admin/orders")).StatusCode);

        Assert.Equal(HttpStatusCode.NoContent, (await staff.DeleteAsync(machine.Path)).StatusCode);
        await Answers.Eventually(async () => (await other.Http.GetAsync("/v1/admin/orders")).StatusCode == HttpStatusCode.Unauthorized, "the other node knows that the key was revoked");
    }

    [Fact]
    public async Task What_was_never_a_key_is_not_found() =>
        await (await (await shop.NewStaff()).Http.DeleteAsync($"{Machines.Path}/key_00000000000000000000000000")).Problem(HttpStatusCode.NotFound, "api_key_not_found");
}
