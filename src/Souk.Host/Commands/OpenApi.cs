using System.CommandLine;
using System.Text.Json.Nodes;
using Souk.Host.OpenApi;

namespace Souk.Host.Commands;

/// <summary><c>souk openapi</c>: the description of the API as the code of this build says it; and what of it would break callers of another.</summary>
internal static class OpenApi
{
    static readonly Setting Examples = new("examples", "file", "Recorded requests and answers to show, in the order they were made");
    static readonly Setting Write = new("write", "file", "Where to write it; without this it is printed");
    static readonly Setting Against = new("against", "file", "An older description: lists what would break its callers instead, and fails when there is something");

    public static Command Command() => CommandLine.Of("openapi", "Print the OpenAPI description of this build's API, or what of it breaks an older one.", [Examples, Write, Against], RunAsync);

    static async Task<int> RunAsync(Chosen settings, Terminal terminal, CancellationToken cancel)
    {
        var recorded = settings[Examples] is { } examples ? JsonNode.Parse(await File.ReadAllTextAsync(examples, cancel))!.AsArray() : [];
        var document = ApiDocument.OfThisBuild(recorded);
        if (settings[Against] is { } older)
        {
            var breaks = BreakingChanges.Between(JsonNode.Parse(await File.ReadAllTextAsync(older, cancel))!, JsonNode.Parse(document)!);
            foreach (var change in breaks) terminal.Line(change.ToString());
            terminal.Line(breaks.Count == 0 ? "Nothing breaks." : $"{breaks.Count} changes break callers of {older}.");
            return breaks.Count == 0 ? CommandLine.Succeeded : CommandLine.Failed;
        }
        if (settings[Write] is { } file) await File.WriteAllTextAsync(file, document, cancel);
        else terminal.Line(document);
        return CommandLine.Succeeded;
    }
}
