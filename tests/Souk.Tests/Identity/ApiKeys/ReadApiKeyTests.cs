using System.Net;

namespace Souk.Tests.Identity.ApiKeys;

public sealed class ReadApiKeyTests(TestShop shop) : IClassFixture<TestShop>
{
    [Fact]
    public async Task Shows_who_made_it_and_what_it_may_do_and_never_the_key()
    {
        var staff = await shop.NewStaff();
        var machine = await shop.NewMachine(staff.Http, "orders:read");
        var answer = await staff.Http.GetAsync(machine.Path);
        Assert.Equal((HttpStatusCode.OK, "no-store, private"), (answer.StatusCode, answer.Headers.CacheControl?.ToString()));
        var key = await answer.Body();
        Assert.Equal((staff.Id, $"souk_{machine.Id}", "orders:read"), (key.Text("createdBy"), key.Text("prefix"), key.GetProperty("permissions")[0].GetString()));
        Assert.DoesNotContain(key.EnumerateObject(), member => member.Name is "key" or "lastUsedAt" or "previousUntil" or "revokedAt");
    }

    [Theory]
    [InlineData("key_00000000000000000000000000")]
    [InlineData("usr_00000000000000000000000000")]
    [InlineData("souk_key_00000000000000000000000000")]
    public async Task What_is_no_key_is_not_found(string id) =>
        await (await (await shop.NewStaff()).Http.GetAsync($"{Machines.Path}/{id}")).Problem(HttpStatusCode.NotFound, "api_key_not_found");
}
