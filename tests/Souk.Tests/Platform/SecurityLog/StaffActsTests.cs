using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Souk.Platform.SecurityLog;
using Souk.Tests.Identity;

namespace Souk.Tests.Platform.SecurityLog;

public sealed class StaffActsTests(TestShop shop) : IClassFixture<TestShop>
{
    const string SomeId = "var_01234567890123456789012345";

    public static readonly string[] Reads = ["GET", "HEAD"];

    /// <summary>So also a route that is added later, whoever writes it.</summary>
    [Fact]
    public async Task Every_route_of_staff_that_changes_something_leaves_an_entry_before_it_and_one_when_it_refused()
    {
        var staff = await shop.NewStaff();
        var routes = shop.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText!.StartsWith("/v1/admin", StringComparison.Ordinal))
            .SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Except(Reads), (e, method) => (Endpoint: e, Method: method)).ToList();
        Assert.True(routes.Count > 8);
        foreach (var (endpoint, method) in routes)
        {
            var name = endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()!.EndpointName;
            var before = (await shop.LoggedOfAsync(staff)).Count;
            using var request = new HttpRequestMessage(HttpMethod.Parse(method),
                string.Join('/', endpoint.RoutePattern.RawText!.Split('/').Select(part => part.StartsWith('{') ? SomeId : part)));
            if (method != "DELETE")
                request.Content = new StringContent("{}", Encoding.UTF8, new MediaTypeHeaderValue(method == "PATCH" ? "application/merge-patch+json" : "application/json"));
            using var answer = await staff.Http.SendAsync(request);
            var entries = (await shop.LoggedOfAsync(staff)).Skip(before).ToList();

            Assert.True(entries.Count > 0, $"{method} {endpoint.RoutePattern.RawText} left no entry; it answered {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            Assert.Equal(("staff_request begun account", staff.AccountId()), (entries[0].InWords(), entries[0].Actor.Id));
            var details = JsonElement.Parse(entries[0].Details);
            Assert.Equal((name, method), (details.Text("operation"), details.Text("method")));
            if (endpoint.RoutePattern.Parameters.Count > 0) Assert.Equal(SomeId, entries[0].Target?.ToString());
            if (answer.IsSuccessStatusCode) continue;
            Assert.Equal("staff_request refused account", entries[1].InWords());
            Assert.Equal((await answer.Code(), entries[0].TraceId), (JsonElement.Parse(entries[1].Details).Text("problem"), entries[1].TraceId));
        }
    }

    [Fact]
    public async Task Reading_leaves_none_and_neither_does_what_was_not_let_through()
    {
        var (staff, anna) = (await shop.NewStaff(), await shop.NewPerson());
        var (of, bys) = ((await shop.LoggedOfAsync(staff)).Count, (await shop.LoggedOfAsync(anna)).Count);
        (await staff.Http.GetAsync("/v1/admin/users")).EnsureSuccessStatusCode();
        (await anna.Http.PutRoles(anna.Id, 1, "staff")).Dispose();
        Assert.Equal((of, bys), ((await shop.LoggedOfAsync(staff)).Count, (await shop.LoggedOfAsync(anna)).Count));
    }

    [Fact]
    public async Task What_is_asked_about_an_account_is_found_with_it_and_the_body_is_not_kept()
    {
        var (staff, anna) = (await shop.NewStaff(), await shop.NewPerson());
        (await staff.Http.PutRoles(anna.Id, 7, "plantedrole")).Dispose();
        var entries = (await shop.LoggedOfAsync(anna)).Where(e => e.Act == SecurityAct.StaffRequest.Code).ToList();
        Assert.Equal(["begun", "refused"], entries.Select(e => e.Outcome));
        Assert.Equal($$"""{"id": "{{anna.Id}}", "method": "PUT", "operation": "AssignRoles"}""", entries[0].Details);
        Assert.All(entries, e => Assert.DoesNotContain("planted", e.ToString(), StringComparison.Ordinal));
    }
}
