using System.Net;

namespace Souk.Tests.Identity.Accounts;

public sealed class ChangeMeTests(TestShop shop) : IClassFixture<TestShop>
{
    [Fact]
    public async Task A_patch_changes_what_it_names_clears_what_is_null_and_keeps_the_rest()
    {
        var anna = await shop.NewPerson();

        var named = await anna.Http.PatchMe(1, """{"name":"Anna","locale":"de"}""");
        Assert.Equal((HttpStatusCode.OK, "\"2\""), (named.StatusCode, named.Headers.ETag?.Tag));
        Assert.Equal(("Anna", "de", 2), ((await named.Body()).Text("name"), (await named.Body()).Text("locale"), (await named.Body()).GetProperty("version").GetInt32()));

        var cleared = await (await anna.Http.PatchMe(2, """{"name":null}""")).Body();
        Assert.False(cleared.TryGetProperty("name", out _));
        Assert.Equal("de", cleared.Text("locale"));
        Assert.Equal(cleared.ToString(), (await (await anna.Http.GetAsync("/v1/me")).Body()).ToString());
    }

    [Fact]
    public async Task A_change_needs_the_version_it_is_of()
    {
        var anna = await shop.NewPerson();
        await (await anna.Http.PatchMe(null, """{"name":"Anna"}""")).Problem((HttpStatusCode)428, "precondition_required");
        Assert.Equal(HttpStatusCode.OK, (await anna.Http.PatchMe(1, """{"name":"Anna"}""")).StatusCode);
        await (await anna.Http.PatchMe(1, """{"name":"Berta"}""")).Problem(HttpStatusCode.PreconditionFailed, "version_mismatch");
    }

    [Fact]
    public async Task Of_many_changes_of_one_version_one_succeeds()
    {
        var anna = await shop.NewPerson();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => anna.Http.PatchMe(1, $$"""{"name":"Anna {{i}}"}""")));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK);
        Assert.Equal(7, answers.Count(a => a.StatusCode == HttpStatusCode.PreconditionFailed));
    }

    [Theory]
    [InlineData("""{"name":7,"locale":"?"}""", 422, "/name,/locale")]
    [InlineData("""{"email":"new@example.com"}""", 400, "/email")]
    public async Task What_is_wrong_is_named(string patch, int status, string pointers)
    {
        var anna = await shop.NewPerson();
        var answer = await anna.Http.PatchMe(1, patch);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(pointers, string.Join(",", (await answer.Body()).GetProperty("errors").EnumerateObject().Select(e => e.Name)));
    }
}
