using System.Net;

namespace Souk.Tests.Identity.Accounts;

public sealed class ReadUserTests(TestShop shop) : IClassFixture<TestShop>
{
    [Fact]
    public async Task Staff_see_a_user_with_its_roles_and_version()
    {
        var (staff, anna) = (await shop.NewStaff(), await shop.NewPerson());
        var answer = await staff.Http.GetAsync($"/v1/admin/users/{anna.Id}");
        Assert.Equal("\"1\"", answer.Headers.ETag?.Tag);
        var user = await answer.Body();
        Assert.Equal((anna.Id, anna.Email, 0), (user.Text("id"), user.Text("email"), user.GetProperty("roles").GetArrayLength()));
    }

    [Theory]
    [InlineData("usr_00000000000000000000000000")]
    [InlineData("ord_00000000000000000000000000")]
    [InlineData("nonsense")]
    public async Task An_id_that_names_nobody_is_not_found(string id) =>
        await (await (await shop.NewStaff()).Http.GetAsync($"/v1/admin/users/{id}")).Problem(HttpStatusCode.NotFound, "user_not_found");

    [Fact]
    public async Task Is_for_staff() =>
        await (await (await shop.NewPerson()).Http.GetAsync("/v1/admin/users/usr_00000000000000000000000000")).Problem(HttpStatusCode.Forbidden, "not_allowed");
}
