using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Souk.Tests.Host;

public sealed partial class UpTests
{
    /// <summary>A shop which was stopped is the same shop afterwards.</summary>
    [Fact]
    public async Task A_shop_stops_on_sigterm_and_is_the_same_shop_after_the_next_start()
    {
        await using var folder = new HostFolder();
        await using var first = await HostProcess.StartAsync("up", "--port", "auto", "--data", folder.Path);
        Assert.Matches("one-time password", first.Output);
        Assert.Contains($"curl -s '{first.Address}v1/products", first.Output, StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.Created, await Register(first.Address));
        Assert.Equal(0, await first.StopAsync());

        await using var second = await HostProcess.StartAsync("up", "--port", "auto", "--data", folder.Path);
        Assert.Equal(HttpStatusCode.Conflict, await Register(second.Address));
        Assert.DoesNotContain("one-time password", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("importing", second.Output, StringComparison.Ordinal);
        Assert.Equal(0, await second.InterruptAsync());
    }

    [Fact]
    public async Task A_killed_shop_starts_again_on_the_server_it_left_behind()
    {
        await using var folder = new HostFolder();
        await using var killed = await HostProcess.StartAsync("up", "--port", "auto", "--data", folder.Path, "--no-seed");
        await killed.KillAsync();

        await using var next = await HostProcess.StartAsync("up", "--port", "auto", "--data", folder.Path, "--no-seed");
        Assert.Contains("found running", next.Output, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, await Status(new Uri(next.Address, "/v1/nothing")));
        Assert.Equal(0, await next.StopAsync());
    }

    [Fact]
    public async Task A_database_server_that_dies_under_a_living_shop_is_brought_back()
    {
        await using var folder = new HostFolder();
        await using var shop = await HostProcess.StartAsync("up", "--port", "auto", "--data", folder.Path, "--no-seed");
        var server = (await File.ReadAllLinesAsync(Path.Combine(folder.Path, "pg18", "postmaster.pid")))[0];

        using (var postmaster = Process.GetProcessById(int.Parse(server, CultureInfo.InvariantCulture))) postmaster.Kill();

        await Answers.Eventually(() => Task.FromResult(shop.Output.Contains("it runs again", StringComparison.Ordinal)), "the server runs again");
        Assert.Equal(HttpStatusCode.OK, await Status(new Uri(shop.Address, "/v1/products")));
        Assert.Equal(0, await shop.StopAsync());
    }

    [Fact]
    public async Task Two_shops_live_side_by_side_in_folders_with_spaces_and_a_third_on_the_same_folder_is_refused()
    {
        await using var here = new HostFolder("my shop");
        await using var there = new HostFolder("other shop");
        var both = await Task.WhenAll(
            HostProcess.StartAsync("up", "--port", "auto", "--data", here.Path, "--no-seed"),
            HostProcess.StartAsync("up", "--port", "auto", "--data", there.Path, "--no-seed"));
        await using var one = both[0];
        await using var other = both[1];
        Assert.NotEqual(Password().Match(one.Output).Value, Password().Match(other.Output).Value);

        var (code, said) = await HostProcess.RunAsync("up", "--port", "auto", "--data", here.Path);
        Assert.Equal(1, code);
        Assert.Equal($"souk: A shop already runs on {here.Path} (process {one.Id}). Stop it, or give this one a folder of its own: --data <folder>", said);

        var codes = await Task.WhenAll(one.StopAsync(), other.StopAsync());
        Assert.Equal([0, 0], codes);
    }

    [Fact]
    public async Task A_taken_port_is_refused_with_one_that_is_free_before_anything_is_made()
    {
        await using var folder = new HostFolder();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var (code, said) = await HostProcess.RunAsync("up", "--port", $"{port}", "--data", folder.Path);

        Assert.Equal(1, code);
        var advice = Regex.Match(said, $@"^souk: Port {port} is taken by another process\. Port (\d+) is free: --port (\d+)$");
        Assert.True(advice.Success, said);
        using var free = new TcpListener(IPAddress.Loopback, int.Parse(advice.Groups[1].Value, CultureInfo.InvariantCulture));
        free.Start();
        Assert.False(Directory.Exists(folder.Path));
    }

    static async Task<HttpStatusCode> Register(Uri shop)
    {
        using var http = new HttpClient { BaseAddress = shop };
        using var answer = await http.PostAsJsonAsync("/v1/users", new { email = "grace@example.com", password = "a ship in harbour is safe" });
        return answer.StatusCode;
    }

    static async Task<HttpStatusCode> Status(Uri address)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(address);
        return answer.StatusCode;
    }

    [GeneratedRegex(@"one-time password (\S+)")]
    private static partial Regex Password();
}
