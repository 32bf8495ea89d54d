using System.CommandLine;
using System.Text.RegularExpressions;

namespace Souk.Host.Commands;

/// <summary>
/// One setting of a command, sayable in four places; the first that says it wins: the option <c>--no-seed</c>, the variable
/// <c>SOUK_NO_SEED</c>, the member <c>noSeed</c> of <c>souk.json</c>, the default.
/// </summary>
internal sealed partial class Setting : Option<string?>
{
    /// <param name="name">Words with hyphens; the other two spellings follow from it.</param>
    /// <param name="value">What the help shows for the value; null for a switch, which needs none.</param>
    public Setting(string name, string? value, string description, string? otherwise = null) : base("--" + name)
    {
        (Variable, Member, Otherwise) = ("SOUK_" + name.ToUpperInvariant().Replace('-', '_'), Hyphen().Replace(name, m => m.Groups[1].Value.ToUpperInvariant()), otherwise);
        Description = otherwise is null ? description : $"{description} [default: {otherwise}]";
        HelpName = value;
        Arity = value is null ? ArgumentArity.Zero : ArgumentArity.ExactlyOne;
    }

    public string Variable { get; }
    public string Member { get; }
    public string? Otherwise { get; }

    /// <summary>Pure: which of the four is taken. An empty variable counts as unset, since shells and compose files set those by accident.</summary>
    internal static string? Choose(string? option, string? variable, string? member, string? otherwise) =>
        option ?? (string.IsNullOrEmpty(variable) ? null : variable) ?? member ?? otherwise;

    [GeneratedRegex("-([a-z])")]
    private static partial Regex Hyphen();
}

/// <summary>The settings of one run of a command.</summary>
internal sealed class Chosen(ParseResult parsed, SettingsFile file, Func<string, string?> variable)
{
    public string? this[Setting setting] => Setting.Choose(FromLine(setting), variable(setting.Variable), file[setting.Member], setting.Otherwise);

    /// <summary>A switch: there, or said with <c>true</c> or <c>1</c>.</summary>
    public bool Is(Setting setting) => this[setting]?.ToLowerInvariant() switch
    {
        null or "false" or "0" or "no" => false,
        "" or "true" or "1" or "yes" => true,
        var other => throw new ShopSettingsException($"{setting.Name} is on or off, not '{other}'. Say true or false."),
    };

    /// <summary>A list, comma separated.</summary>
    public IReadOnlyCollection<string>? List(Setting setting) =>
        this[setting]?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    public string Required(Setting setting) => this[setting]
        ?? throw new ShopSettingsException($"{setting.Name} is needed: give the option, {setting.Variable} or \"{setting.Member}\" in {SettingsFile.Name}.");

    /// <summary>An argument of the command that is not an option.</summary>
    public string? Argument(Argument<string?> argument) => parsed.GetValue(argument);

    /// <summary>What the modules read of their own: sections of <c>souk.json</c> and variables such as <c>SOUK_CORS__ORIGINS</c>.</summary>
    public void AddTo(IConfigurationBuilder configuration)
    {
        if (file.Path is { } path) configuration.AddJsonFile(path, optional: false, reloadOnChange: false);
        configuration.AddEnvironmentVariables("SOUK_");
    }

    string? FromLine(Setting setting) => parsed.GetResult(setting) is { Implicit: false } said ? (said.Tokens is [.., var last] ? last.Value : "") : null;
}
