using System.Net;
using System.Net.Http.Json;

namespace Souk.Tests.Identity;

/// <summary>A machine with an API key; <see cref="Http"/> sends it.</summary>
public sealed record Machine(HttpClient Http, string Id, string Key)
{
    public string Path => $"{Machines.Path}/{Id}";
}

/// <summary>API keys for tests, made over HTTP by staff.</summary>
public static class Machines
{
    public const string Path = "/v1/admin/api-keys";

    /// <summary>What is asked for a key.</summary>
    public static object Wanted(DateTimeOffset expiresAt, params IReadOnlyList<string> permissions) => new { name = "A machine", permissions, expiresAt };

    public static async Task<Machine> NewMachine(this TestShop shop, HttpClient staff, params IReadOnlyList<string> permissions)
    {
        var answer = await staff.PostAsJsonAsync(Path, Wanted(shop.Clock.GetUtcNow().AddDays(30), permissions));
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        var body = await answer.Body();
        return new(shop.Bearing(body.Text("key")), body.Text("id"), body.Text("key"));
    }

    /// <summary>The machine with the key of another rotation.</summary>
    public static async Task<Machine> Rotated(this TestShop shop, HttpClient staff, Machine machine, int? overlapHours)
    {
        var answer = await staff.PostAsJsonAsync($"{machine.Path}/rotations", new { overlapHours });
        Assert.True(answer.StatusCode == HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        var body = await answer.Body();
        Assert.Equal(machine.Id, body.Text("id"));
        return machine with { Http = shop.Bearing(body.Text("key")), Key = body.Text("key") };
    }
}
