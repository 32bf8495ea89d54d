using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Souk.Host.OpenApi;

/// <summary>The docstrings of the code as Markdown: what is written once beside a handler is what callers read.</summary>
internal sealed partial class Prose
{
    readonly Dictionary<string, XElement> members;

    /// <summary>Reads the documentation files that the build puts beside the assemblies.</summary>
    public Prose(IEnumerable<Assembly> assemblies) => members = assemblies
        .Select(assembly => Path.ChangeExtension(assembly.Location, ".xml")).Where(File.Exists)
        .SelectMany(file => XDocument.Load(file).Descendants("member"))
        .Where(member => member.Attribute("name")!.Value.Contains(":Souk.", StringComparison.Ordinal)).ToDictionary(member => member.Attribute("name")!.Value);

    /// <summary>What stands at the head of a type: its summary and its remarks; null without.</summary>
    public (string Summary, string? Remarks)? Of(Type type) => members.GetValueOrDefault($"T:{NameOf(type)}") is { } member && Text(member.Element("summary")) is { } summary
        ? (summary, Text(member.Element("remarks"))) : null;

    /// <summary>What is said of a member of a record: the parameter of its docstring, or the summary of the property.</summary>
    public string? Of(PropertyInfo property) =>
        Text(members.GetValueOrDefault($"T:{NameOf(property.DeclaringType!)}")?.Elements("param").FirstOrDefault(p => p.Attribute("name")?.Value == property.Name))
        ?? Text(members.GetValueOrDefault($"P:{NameOf(property.DeclaringType!)}.{property.Name}")?.Element("summary"));

    /// <summary>The codes of problems that a docstring names, with their status: <c>409 &lt;c&gt;cart_ordered&lt;/c&gt;</c>.</summary>
    public static IEnumerable<(int Status, string Code)> Problems(string text) =>
        Problem().Matches(text).Select(m => (int.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), m.Groups[2].Value));

    static string NameOf(Type type) => (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName!.Replace('+', '.');

    static string? Text(XElement? element)
    {
        if (element is null) return null;
        var text = Spaces().Replace(string.Concat(element.Nodes().Select(Markdown)), " ").Trim();
        text = Breaks().Replace(text, "\n\n").Trim();
        return text.Length == 0 ? null : text;
    }

    static string Markdown(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement { Name.LocalName: "para" } paragraph => $"¶{string.Concat(paragraph.Nodes().Select(Markdown))}¶",
        XElement { Name.LocalName: "paramref" } parameter => $"`{char.ToLowerInvariant(parameter.Attribute("name")!.Value[0])}{parameter.Attribute("name")!.Value[1..]}`",
        XElement { Name.LocalName: "see" } see => see.Attribute("cref") is { } cref ? $"`{cref.Value.Split('.')[^1]}`" : see.Value,
        XElement other => string.Concat(other.Nodes().Select(Markdown)),
        _ => "",
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"\s*¶[\s¶]*")]
    private static partial Regex Breaks();

    [GeneratedRegex(@"\b([45]\d\d)\s+`([a-z]+(?:_[a-z]+)*)`")]
    private static partial Regex Problem();
}
