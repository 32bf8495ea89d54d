using System.Net;

namespace Souk.Tests.Identity.Sessions;

public sealed class EndSessionsTests(TestShop shop) : IClassFixture<TestShop>
{
    const string All = "/v1/me/sessions";

    [Fact]
    public async Task All_but_this_one_end()
    {
        var (here, stranger) = (await shop.NewPerson(), await shop.NewPerson());
        Person[] elsewhere = [await shop.SignedIn(here.Email), await shop.SignedIn(here.Email)];

        Assert.Equal(HttpStatusCode.NoContent, (await here.Http.DeleteAsync($"{All}?except=current")).StatusCode);

        foreach (var other in elsewhere)
        {
            await (await other.Http.GetAsync("/v1/me")).Problem(HttpStatusCode.Unauthorized, "access_token_invalid");
            await (await shop.Refresh(other.RefreshToken)).Problem(HttpStatusCode.Unauthorized, "refresh_token_invalid");
        }
        Assert.Equal(HttpStatusCode.OK, (await shop.Refresh(here.RefreshToken)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await stranger.Http.GetAsync("/v1/me")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await here.Http.DeleteAsync($"{All}?except=current")).StatusCode);
    }

    [Fact]
    public async Task All_end_also_this_one()
    {
        var here = await shop.NewPerson();
        var elsewhere = await shop.SignedIn(here.Email);

        Assert.Equal(HttpStatusCode.NoContent, (await here.Http.DeleteAsync(All)).StatusCode);

        foreach (var ended in new[] { here, elsewhere })
            await (await ended.Http.GetAsync("/v1/me")).Problem(HttpStatusCode.Unauthorized, "access_token_invalid");
        Assert.Equal(HttpStatusCode.Created, (await shop.SignIn(here.Email)).StatusCode);
    }

    [Theory]
    [InlineData("?except=others", "filter_invalid")]
    [InlineData("?except=", "filter_invalid")]
    [InlineData("?execpt=current", "query_unknown")]
    [InlineData("?except=current&except=current", "query_repeated")]
    public async Task A_query_that_is_not_understood_ends_nothing(string query, string code)
    {
        var anna = await shop.NewPerson();
        await (await anna.Http.DeleteAsync(All + query)).Problem(HttpStatusCode.BadRequest, code);
        Assert.Equal(HttpStatusCode.OK, (await anna.Http.GetAsync("/v1/me")).StatusCode);
    }
}
