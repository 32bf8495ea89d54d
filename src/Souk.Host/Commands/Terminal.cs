using Spectre.Console;

namespace Souk.Host.Commands;

/// <summary>Where a command tells what it does: coloured for a person at a terminal, plain lines for everything else. It never asks anything.</summary>
/// <param name="output">Where to; null for standard output.</param>
internal sealed class Terminal(TextWriter? output = null)
{
    readonly TextWriter output = output ?? Console.Out;

    /// <summary>True when a person looks on and colours are wanted (NO_COLOR is honoured).</summary>
    public bool IsLive { get; } = !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities is { Ansi: true, ColorSystem: not ColorSystem.NoColors };

    public void Line(string text = "") => output.WriteLine(text);

    /// <summary>A step on the way, of interest while one waits.</summary>
    public void Step(string text) => Line(Dim($"· {text}"));

    public string Dim(string text) => Paint(text, 90);
    public string Bold(string text) => Paint(text, 1);
    public string Green(string text) => Paint(text, 32);
    public string Yellow(string text) => Paint(text, 33);
    public string Red(string text) => Paint(text, 31);

    /// <summary>Reports steps in the order they happen, unlike <see cref="Progress{T}"/>, which lets them overtake each other.</summary>
    public IProgress<string> Steps => new InOrder(Step);

    string Paint(string text, int colour) => IsLive ? $"\e[{colour}m{text}\e[0m" : text;

    sealed class InOrder(Action<string> report) : IProgress<string>
    {
        public void Report(string value) => report(value);
    }
}
