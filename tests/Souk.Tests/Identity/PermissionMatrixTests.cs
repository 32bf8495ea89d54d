using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Souk.Identity.Accounts;
using Souk.Platform.Http;

namespace Souk.Tests.Identity;

/// <summary>Every route for staff, tried by every role, and by API keys with just its permission and with all but that.</summary>
public sealed partial class PermissionMatrixTests(TestShop shop) : IClassFixture<TestShop>
{
    sealed record StaffRoute(string Method, string Path, Permission Permission);

    IReadOnlyList<StaffRoute> Routes => [.. from endpoint in shop.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        let permission = endpoint.Metadata.GetMetadata<Permission>()
        where permission is not null
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
        select new StaffRoute(method, endpoint.RoutePattern.RawText!, permission)];

    [Fact]
    public async Task Every_role_may_do_what_its_permissions_say_and_nothing_else()
    {
        var staff = (await shop.NewStaff()).Http;
        List<(string Name, HttpClient Http, IReadOnlyCollection<string> Permissions)> callers = [("no role", (await shop.NewPerson()).Http, [])];
        foreach (var role in Roles.All)
        {
            var person = await shop.NewPerson();
            Assert.Equal(HttpStatusCode.OK, (await staff.PutRoles(person.Id, 1, role)).StatusCode);
            callers.Add((role, (await shop.SignedIn(person.Email)).Http, [.. Roles.PermissionsOf([role]).Select(p => p.Name)]));
        }
        await TryAsync(Routes, callers);
    }

    [Fact]
    public async Task A_key_may_do_what_its_permissions_say_and_nothing_else()
    {
        var staff = (await shop.NewStaff()).Http;
        IReadOnlyList<Permission> ofKeys = [.. Permission.All.Where(p => p != Permission.KeysWrite && p != Permission.UsersWrite)];
        foreach (var routes in Routes.GroupBy(r => r.Permission))
        {
            List<string> others = [.. ofKeys.Where(p => p != routes.Key).Select(p => p.Name)];
            List<(string, HttpClient, IReadOnlyCollection<string>)> callers = [($"all but {routes.Key}", (await shop.NewMachine(staff, others)).Http, others)];
            if (ofKeys.Contains(routes.Key)) callers.Add(($"just {routes.Key}", (await shop.NewMachine(staff, routes.Key.Name)).Http, [routes.Key.Name]));
            await TryAsync([.. routes], callers);
        }
    }

    /// <summary>An independent reading of the routes: the resource follows from the path, reading from the method.</summary>
    [Fact]
    public void Every_route_takes_the_permission_of_its_resource()
    {
        Dictionary<string, string> resources = new()
        {
            ["users"] = "users", ["orders"] = "orders", ["payments"] = "payments", ["ledger"] = "ledger", ["prices"] = "prices", ["stock"] = "stock", ["stock-books"] = "stock",
            ["locations"] = "stock", ["dead-jobs"] = "jobs", ["api-keys"] = "keys", ["security-log"] = "security",
        };
        Assert.All(Routes, route => Assert.Equal($"{resources[route.Path.Split('/')[3]]}:{(route.Method == "GET" ? "read" : "write")}", route.Permission.Name));
        Assert.Equal(Permission.All.OrderBy(p => p.Name), Routes.Select(r => r.Permission).Distinct().OrderBy(p => p.Name));
    }

    /// <summary>Ids name nothing and bodies are empty: whoever is let in is told so.</summary>
    static async Task TryAsync(IReadOnlyList<StaffRoute> routes, IReadOnlyList<(string Name, HttpClient Http, IReadOnlyCollection<string> Permissions)> callers)
    {
        List<string> wrong = [];
        foreach (var route in routes)
            foreach (var (name, http, permissions) in callers)
            {
                using var request = new HttpRequestMessage(HttpMethod.Parse(route.Method), Parameter().Replace(route.Path, "none"));
                if (route.Method is "POST" or "PUT" or "PATCH") request.Content = JsonContent.Create(new { });
                using var answer = await http.SendAsync(request);
                var isLetIn = answer.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) && (int)answer.StatusCode < 500;
                if (isLetIn == permissions.Contains(route.Permission.Name) && (isLetIn || answer.StatusCode == HttpStatusCode.Forbidden)) continue;
                wrong.Add($"{name}: {route.Method} {route.Path} ({route.Permission}) answered {(int)answer.StatusCode}");
            }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameter();
}
