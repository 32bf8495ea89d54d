using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Souk.Platform.Http;

namespace Souk.Tests.Platform.Http;

public sealed class AccessTests(TestShop shop) : IClassFixture<TestShop>
{
    [Fact]
    public async Task A_route_that_does_not_say_who_may_call_it_is_found()
    {
        await using var routes = WebApplication.CreateSlimBuilder().Build();
        routes.MapGet("/v1/forgotten", () => "");
        routes.MapGet("/v1/open", () => "").ForEveryone();
        routes.MapGet("/v1/mine", () => "").ForSignedIn();
        // Whoever signed in may call it: on a route for staff that says too little.
        routes.MapGet("/v1/admin/too-open", () => "").ForSignedIn();
        routes.MapGet("/v1/admin/things", () => "").ForStaff(Permission.OrdersRead);
        Assert.Equal(["/v1/forgotten", "/v1/admin/too-open"], Access.Undeclared(new CompositeEndpointDataSource(((IEndpointRouteBuilder)routes).DataSources)));
    }

    [Fact]
    public void The_shop_has_no_such_route() => Assert.Empty(Access.Undeclared(shop.App.Services.GetRequiredService<EndpointDataSource>()));

    [Fact]
    public void A_permission_is_found_by_its_name_alone()
    {
        Assert.All(Permission.All, permission => Assert.Same(permission, Permission.Find(permission.Name)));
        Assert.All(new[] { null, "", "orders", "orders:", "Orders:Read", "orders:read " }, name => Assert.Null(Permission.Find(name)));
        Assert.All(Permission.All, permission => Assert.Matches("^[a-z]+:(read|write)$", permission.Name));
    }
}
