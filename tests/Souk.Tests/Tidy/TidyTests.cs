using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Souk.Tests.Tidy;

/// <summary>The house rules that the compiler does not know.</summary>
public sealed class TidyTests(TestShop shop) : IClassFixture<TestShop>
{
    const int SourceLinesMax = 320, TestLinesMax = 420, LineLengthMax = 200;

    /// <summary>Who may know whom. A module knows contracts and nothing else of its neighbours.</summary>
    static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Souk.Platform"] = [],
        ["Souk.EmbeddedPostgres"] = [],
        ["Souk.Contracts"] = ["Souk.Platform"],
        ["Souk.Identity"] = ["Souk.Contracts"],
        ["Souk.Catalog"] = ["Souk.Contracts"],
        ["Souk.Pricing"] = ["Souk.Contracts"],
        ["Souk.Ordering"] = ["Souk.Contracts"],
        ["Souk.Payments"] = ["Souk.Contracts"],
        ["Souk.Ledger"] = ["Souk.Contracts"],
        ["Souk.Notifications"] = ["Souk.Contracts"],
        ["Souk.Host"] = ["Souk.EmbeddedPostgres", "Souk.Identity", "Souk.Catalog", "Souk.Pricing", "Souk.Ordering", "Souk.Payments", "Souk.Ledger", "Souk.Notifications"],
    };

    [Fact]
    public void No_project_gained_a_reference() => Assert.Equal(
        Allowed.OrderBy(p => p.Key).Select(p => $"{p.Key}: {string.Join(", ", p.Value.Order())}"),
        from file in Source.Files("src", "*.csproj")
        let name = Path.GetFileNameWithoutExtension(file)
        orderby name
        select $"{name}: {string.Join(", ", XDocument.Load(file).Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/'))).Order())}");

    [Fact]
    public void Every_file_can_be_read_in_one_sitting() => Assert.Empty(
        from folder in new[] { ("src", SourceLinesMax), ("tests", TestLinesMax) }
        from file in Source.Files(folder.Item1, "*.cs")
        let lines = File.ReadAllLines(file)
        where lines.Length > folder.Item2 || lines.Any(line => line.Length > LineLengthMax)
        select $"{Source.Relative(file)}: {lines.Length} lines, longest {lines.Max(line => line.Length)}");

    [Fact]
    public void Every_operation_stands_in_the_file_of_its_name_and_is_tested_in_the_file_of_its_name()
    {
        var sources = Source.Files("src", "*.cs").Select(Path.GetFileNameWithoutExtension).ToHashSet();
        var tests = Source.Files("tests", "*Tests.cs").Select(Path.GetFileNameWithoutExtension).ToHashSet();
        var operations = shop.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText is { } path && path.StartsWith("/v1", StringComparison.Ordinal))
            .Select(endpoint => (Path: endpoint.RoutePattern.RawText, Name: endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName)).ToList();

        Assert.NotEmpty(operations);
        Assert.Empty(operations.Where(o => o.Name is null || !sources.Contains(o.Name) || !tests.Contains(o.Name + "Tests"))
            .Select(o => $"{o.Path}: operation '{o.Name}' lacks {o.Name}.cs or {o.Name}Tests.cs"));
    }

    [Fact]
    public void Every_route_is_documented_and_no_other()
    {
        var documented = Regex.Matches(File.ReadAllText(Path.Combine(Source.Root, "docs/api.md")), @"^\| `((?:GET|POST|PUT|PATCH|DELETE) /\S*)` \|", RegexOptions.Multiline)
            .Select(m => m.Groups[1].Value).ToList();
        var routes = from endpoint in shop.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
                     // The parts of the explorer's page are its own affair.
                     where !(endpoint.RoutePattern.RawText!.StartsWith("/docs/", StringComparison.Ordinal) && endpoint.RoutePattern.RawText.Contains('.'))
                     from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
                     select $"{method} /{endpoint.RoutePattern.RawText!.TrimStart('/')}";
        Assert.Equal(routes.Distinct().Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_problem_code_is_documented()
    {
        var documented = File.ReadAllText(Path.Combine(Source.Root, "docs/problems.md"));
        var codes = Source.Files("src", "*.cs").SelectMany(file => Regex.Matches(File.ReadAllText(file),
            @"(?:new(?: Error)?\(4\d\d,|new(?: Error)?\(503,|Error\.Malformed\(|Error\.NotFound\(|Error\.Conflict\()\s*""(?<code>[a-z_]+)""").Select(m => m.Groups["code"].Value)).ToHashSet();

        Assert.NotEmpty(codes);
        Assert.Empty(codes.Where(code => !documented.Contains($"`{code}`", StringComparison.Ordinal)).Order());
    }

    [Fact]
    public void Nothing_is_left_for_later_or_swallowed() => Assert.Empty(
        from file in Source.Files("src", "*.cs").Concat(Source.Files("tests", "*.cs"))
        where !file.EndsWith("TidyTests.cs", StringComparison.Ordinal)
        from match in Regex.Matches(File.ReadAllText(file), @"\b(TODO|FIXME|HACK|XXX|NotImplementedException)\b|catch\s*(\(Exception[^)]*\))?\s*\{\s*\}|Skip\s*=\s*""")
        select $"{Source.Relative(file)}: {match.Value}");

    [Fact]
    public void Tests_never_sleep() => Assert.Empty(
        from file in Source.Files("tests", "*.cs")
        where !file.EndsWith("TidyTests.cs", StringComparison.Ordinal)
        where Regex.IsMatch(File.ReadAllText(file), @"Task\.Delay\(|Thread\.Sleep\(")
        select Source.Relative(file));
}
