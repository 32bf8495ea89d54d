using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Souk.Platform.Http;
using Souk.Platform.Http.Revisions;
using Souk.Platform.Modules;

namespace Souk.Tests.Platform.Http.Revisions;

/// <summary>A shop with a route that changed twice after the first revision: <c>name</c> became <c>title</c>, which became <c>titles</c>; and one that did not.</summary>
public sealed class RevisedShop(TestPostgres postgres) : TestShop(postgres)
{
    public sealed record Thing(IReadOnlyList<string>? Titles);

    static readonly Revision Second = new(new(2027, 1, 1), "name is title."), Third = new(new(2027, 6, 1), "title is titles.");

    protected override void MapWork(WorkMap work)
    {
        App.MapPost("/v1/things", Make).ForEveryone().WithMetadata(
            new Translation(Third,
                up => { if (up.Remove("title", out var title)) up["titles"] = new System.Text.Json.Nodes.JsonArray(title); },
                down => { if (down.Remove("titles", out var titles)) down["title"] = titles!.AsArray()[0]!.DeepClone(); }),
            new Translation(Second,
                up => { if (up.Remove("name", out var name)) up["title"] = name; },
                down => { if (down.Remove("title", out var title)) down["name"] = title; }));
        App.MapPost("/v1/settled", Make).ForEveryone().WithMetadata(new Translation(Revision.First, static up => up.Clear(), static down => down.Clear()));
    }

    static IResult Make(Thing request) => request.Titles is null ? Results.StatusCode(422) : Results.Created("/v1/things/1", request);
}

public sealed class RevisionMiddlewareTests(RevisedShop shop) : IClassFixture<RevisedShop>
{
    async Task<HttpResponseMessage> SendAsync(string body, string version, string path = "/v1/things")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")) };
        request.Headers.Add("Souk-Version", version);
        return await shop.Http.SendAsync(request);
    }

    [Fact]
    public async Task An_old_client_is_understood_and_answered_as_it_was_through_every_change_since()
    {
        using var answer = await SendAsync("""{"name": "Bell"}""", "2026-11-01");
        Assert.Equal((HttpStatusCode.Created, """{"name":"Bell"}"""), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        Assert.Equal("2026-11-01", answer.Headers.GetValues("Souk-Version").Single());
    }

    [Fact]
    public async Task What_is_answered_for_an_old_client_says_since_when_and_until_when()
    {
        using var answer = await SendAsync("""{"name": "Bell"}""", "2026-11-01");
        Assert.Equal($"@{new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds()}", answer.Headers.GetValues("Deprecation").Single());
        Assert.Equal("Mon, 01 Jan 2029 00:00:00 GMT", answer.Headers.GetValues("Sunset").Single());
        Assert.Contains("rel=\"deprecation\"", answer.Headers.GetValues("Link").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/things", """{"name":"Bell"}""")]    // translated
    [InlineData("/v1/settled", """{"titles":["Bell"]}""")]   // in the revision it was sent in
    public async Task Caches_keep_the_answers_of_revisions_apart_translated_or_not(string path, string body)
    {
        using var answer = await SendAsync(body, "2026-11-01", path);
        Assert.Equal((HttpStatusCode.Created, body), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        Assert.Contains("Souk-Version", answer.Headers.Vary);
        Assert.Equal(path == "/v1/things", answer.Headers.Contains("Deprecation"));
    }

    [Fact]
    public async Task A_refusal_and_a_body_that_is_no_json_come_through_as_they_are()
    {
        using var refused = await SendAsync("{}", "2026-11-01");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        foreach (var broken in (string[])["{", "[1]", "", """{"name": "a", "name": "b"}""", """{"nmae": "a"}"""])
        {
            using var answer = await SendAsync(broken, "2026-11-01");
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.NotNull(await answer.Code());
        }
    }

    [Fact]
    public async Task A_revision_that_there_is_not_is_refused_with_those_that_there_are()
    {
        using var answer = await SendAsync("{}", "2026-11-02");
        Assert.Equal((HttpStatusCode.BadRequest, "version_unknown"), (answer.StatusCode, await answer.Code()));
        Assert.Equal(Revision.All.Select(r => r.Name), (await answer.Body()).GetProperty("allowed").EnumerateArray().Select(v => v.GetString()));
    }

    [Fact]
    public async Task A_route_that_never_changed_answers_alike_and_says_the_revision()
    {
        using var answer = await shop.Http.GetAsync("/v1/shipping-methods");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(Revision.Newest.Name, answer.Headers.GetValues("Souk-Version").Single());
        Assert.False(answer.Headers.Contains("Deprecation"));
    }
}
