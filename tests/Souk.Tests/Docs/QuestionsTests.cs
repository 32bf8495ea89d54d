using System.Diagnostics;
using System.Text.RegularExpressions;
using Souk.Tests.Catalog.Products;
using Souk.Tests.Tidy;

namespace Souk.Tests.Docs;

/// <summary>docs/questions.md: what it points to is there, what it says to type shows what it says.</summary>
public sealed partial class QuestionsTests(ToldSampleShop shop) : IClassFixture<ToldSampleShop>
{
    sealed record Question(string Asked, string Where, string Command, string? Shows);

    static readonly IReadOnlyList<Question> Questions = [.. File.ReadLines(Path.Combine(Source.Root, "docs", "questions.md"))
        .Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(2)
        .Select(line => Row().Match(line) is { Success: true } row
            ? new Question(row.Groups["asked"].Value, row.Groups["where"].Value, row.Groups["command"].Value, row.Groups["shows"] is { Success: true } shown ? shown.Value : null)
            : throw new InvalidOperationException($"This row is not of the form of the others: {line}"))];

    [Fact]
    public void Every_subject_that_teams_ask_about_is_there()
    {
        string[] subjects = ["API design", "Asynchronous work", "Services", "Caching", "Concurrency", "Scaling", "Security", "Encryption", "Rate limits", "Front-end integration", "Delivery",
            "Transactions", "Large data", "Migrations", "Testing", "Real time", "Pricing", "Discovery", "Regions", "Sharding", "Logging", "Debugging", "Outages"];
        Assert.Equal(subjects.Order(), Questions.Select(q => Subject().Match(q.Asked)).Where(s => s.Success).Select(s => s.Groups[1].Value).Order());
    }

    [Fact]
    public void Every_file_is_there() =>
        Assert.All(Questions, q => Assert.True(Path.Exists(Path.Combine(Source.Root, "docs", q.Where)), $"{q.Asked}: there is no {q.Where}"));

    [Fact]
    public async Task Every_command_shows_what_it_says()
    {
        var tests = typeof(QuestionsTests).Assembly.GetTypes().Select(t => t.Name).ToHashSet();
        var help = await ShellAsync($"'{Path.Combine(Source.Root, "souk")}' help");
        foreach (var question in Questions.Where(q => q.Command != ""))
        {
            if (question.Command.StartsWith("curl ", StringComparison.Ordinal))
            {
                Assert.True(question.Shows is not null, $"{question.Command}: say what it shows.");
                Assert.Contains(question.Shows, await ShellAsync($"url={shop.Address.ToString().TrimEnd('/')}; {question.Command}"), StringComparison.OrdinalIgnoreCase);
                continue;
            }
            // Tests run with this one; other words are long or change the shop: that they exist must do.
            Assert.True(Souk().Match(question.Command) is { Success: true } souk && Regex.IsMatch(help, $@"^\s+{souk.Groups["word"].Value}\s", RegexOptions.Multiline), question.Command);
            if (Souk().Match(question.Command).Groups["test"] is { Success: true } named) Assert.Contains(named.Value, tests);
        }
    }

    static async Task<string> ShellAsync(string command)
    {
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-euc", command]) { RedirectStandardOutput = true })!;
        var said = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        return shell.ExitCode == 0 ? said : throw new InvalidOperationException($"{command} ended with {shell.ExitCode}: {said}");
    }

    [GeneratedRegex(@"^\| (?<asked>.+?) \| .+ \| \[[^\]]+\]\((?<where>[^)]+)\) \| (not yet|`(?<command>.+?)`( → `(?<shows>.+?)`)?) \|$")]
    private static partial Regex Row();

    [GeneratedRegex(@"^\*\*(.+?)\*\*")]
    private static partial Regex Subject();

    [GeneratedRegex(@"^\./souk (?<word>\w+)( --filter-class '\*(?<test>\w+)'| .*)?$")]
    private static partial Regex Souk();
}
