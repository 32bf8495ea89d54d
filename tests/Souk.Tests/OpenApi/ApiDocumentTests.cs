using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Souk.Host.OpenApi;
using Souk.Platform.Http.Revisions;
using Souk.Tests.Tidy;

namespace Souk.Tests.OpenApi;

/// <summary>docs/openapi/v1.json is what the code says, is well made, and breaks nobody who was written for a released revision.</summary>
public sealed class ApiDocumentTests
{
    static string Folder => Path.Combine(Source.Root, "docs/openapi");
    static JsonNode Read(string file) => JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, file)))!;

    [Fact]
    public void Is_what_the_code_says() =>
        Assert.True(ApiDocument.OfThisBuild(Read("examples.json").AsArray()) == File.ReadAllText(Path.Combine(Folder, "v1.json")),
            "The API is not as docs/openapi/v1.json describes it. Run ./souk openapi and look at what changed.");

    [Fact]
    public async Task Passes_the_linter()
    {
        var lint = Path.Combine(Source.Root, "tests/lint");
        using var spectral = Process.Start(new ProcessStartInfo("node",
            [Path.Combine(lint, "node_modules/@stoplight/spectral-cli/dist/index.js"), "lint", Path.Combine(Folder, "v1.json"), "-r", Path.Combine(lint, "spectral.yaml"), "--fail-severity=hint"])
        { RedirectStandardOutput = true })!;
        var said = await spectral.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await spectral.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(spectral.ExitCode == 0, said);
    }

    /// <summary>Every released revision keeps its document; whoever changes the API in a breaking way declares a revision and translates.</summary>
    [Fact]
    public void Breaks_no_released_revision_that_it_does_not_translate()
    {
        var released = Revision.All.Select(revision => revision.Name).ToList();
        Assert.Equal(released, Directory.EnumerateFiles(Path.Combine(Folder, "released")).Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal));
        var now = Read("v1.json");
        foreach (var name in released)
            Assert.Empty(BreakingChanges.Between(Read($"released/{name}.json"), now));
    }

    /// <summary>What a problem says beside the members of RFC 9457 must not bear their names: readers would see one of the two.</summary>
    [Fact]
    public void No_problem_has_a_member_twice()
    {
        var taken = new Regex(@"\(""(type|title|status|detail|instance|code|traceId|errors)"",\s");
        Assert.DoesNotContain(Source.Files("src", "*Errors.cs"), file => taken.IsMatch(File.ReadAllText(file)));
    }
}
