using System.CommandLine;
using Souk.Host.Commands;

namespace Souk.Tests.Host;

/// <summary>Each run is a process of its own, so what it says and how it ends is what a person or a script sees.</summary>
public sealed class CommandLineTests(TestPostgres postgres)
{
    [Theory]
    [InlineData("up", "--no-seed")]
    [InlineData("serve", "--migrate")]
    [InlineData("migrate", "--database")]
    [InlineData("import", "folder")]
    [InlineData("demo", "--url")]
    [InlineData("doctor", "--keys")]
    [InlineData("audit", "verify")]
    public async Task Every_word_explains_itself(string word, string says)
    {
        var (code, said) = await HostProcess.RunAsync(word, "--help");
        Assert.Equal(0, code);
        Assert.Contains(says, said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("There is no module 'orders'. Modules: ", "up", "--port", "auto", "--modules", "catalog,orders")]
    [InlineData("The module 'ordering' calls ", "up", "--port", "auto", "--modules", "ordering")]
    [InlineData("There is no role 'cook'. Roles: web, worker.", "up", "--port", "auto", "--roles", "cook")]
    [InlineData("--port x is no port. ", "up", "--port", "x")]
    [InlineData("--listen home is no IP address. ", "up", "--port", "auto", "--listen", "home")]
    [InlineData("--database is no connection string. ", "up", "--port", "auto", "--database", "postgres//secret")]
    [InlineData("The database cannot be reached: ", "migrate", "--database", "Host=127.0.0.1;Port=1;Username=u;Password=secret;Database=d")]
    [InlineData("--database is needed: give the option, SOUK_DATABASE or \"database\" in souk.json.", "serve")]
    [InlineData("'shopify' is no form that can be imported. ", "import", "shopify")]
    [InlineData("Which file? Say: souk import users ", "import", "users")]
    [InlineData("There is no file ", "import", "users", "/nowhere/users.jsonl")]
    [InlineData("Unrecognized command or argument '--prot'. See: souk up --help", "up", "--prot")]
    [InlineData("Unrecognized command or argument '--prot'. See: souk audit verify --help", "audit", "verify", "--prot")]
    [InlineData("'xml' is no format. ", "audit", "export", "--format", "xml")]
    [InlineData("--since is no time. ", "audit", "export", "--since", "yesterday-ish")]
    [InlineData("--head is a number, a colon and 64 hexadecimal digits", "audit", "verify", "--head", "12")]
    public async Task What_cannot_work_is_refused_in_one_line_without_secrets(string says, params string[] arguments)
    {
        await using var folder = new HostFolder();
        if (arguments[0] == "up") arguments = [.. arguments, "--data", folder.Path];
        var (code, said) = await HostProcess.RunAsync(arguments);
        Assert.Equal(1, code);
        Assert.StartsWith("souk: " + says, said, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', said);
        Assert.DoesNotContain("secret", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_demo_without_a_shop_says_how_to_start_one()
    {
        var (code, said) = await HostProcess.RunAsync("demo", "--url", "http://127.0.0.1:1");
        Assert.Equal(1, code);
        Assert.Matches("(?m)^souk: The shop cannot be reached: .*'souk up'", said);
    }

    [Theory]
    [InlineData("option", "variable", "member", "default", "option")]
    [InlineData(null, "variable", "member", "default", "variable")]
    [InlineData(null, "", "member", "default", "member")]
    [InlineData(null, null, "member", "default", "member")]
    [InlineData(null, null, null, "default", "default")]
    [InlineData(null, null, null, null, null)]
    public void A_setting_is_taken_from_the_first_place_that_says_it(string? option, string? variable, string? member, string? otherwise, string? taken) =>
        Assert.Equal(taken, Setting.Choose(option, variable, member, otherwise));

    [Fact]
    public async Task Settings_also_come_from_variables_and_souk_json()
    {
        await using var folder = new HostFolder();
        Directory.CreateDirectory(folder.Path);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "souk.json"), """
            {
              // Sections belong to the modules.
              "cors": { "origins": "https://shop.example" },
              "roles": ["web", "cook"],
            }
            """);
        Assert.Contains("no role 'cook'", (await HostProcess.RunInAsync(folder.Path, [], "up", "--port", "auto")).Output, StringComparison.Ordinal);
        Assert.Contains("no role 'waiter'", (await HostProcess.RunInAsync(folder.Path, [("SOUK_ROLES", "waiter")], "up", "--port", "auto")).Output, StringComparison.Ordinal);
        Assert.Contains("no role 'smith'", (await HostProcess.RunInAsync(folder.Path, [("SOUK_ROLES", "waiter")], "up", "--port", "auto", "--roles", "smith")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "prot": 8080 }""", "has 'prot', which is no setting.")]
    [InlineData("{ \"port\": ", "cannot be read as JSON near line 1.")]
    [InlineData("[]", "is no JSON object.")]
    public async Task A_souk_json_with_a_mistake_is_refused(string text, string says)
    {
        await using var folder = new HostFolder();
        Directory.CreateDirectory(folder.Path);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "souk.json"), text);
        var (code, said) = await HostProcess.RunInAsync(folder.Path, [], "up");
        Assert.Equal(1, code);
        Assert.Contains(says, said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-seed", "SOUK_NO_SEED", "noSeed")]
    [InlineData("port", "SOUK_PORT", "port")]
    public void One_name_gives_all_spellings(string name, string variable, string member)
    {
        var setting = new Setting(name, null, "");
        Assert.Equal((variable, member), (setting.Variable, setting.Member));
        Assert.Empty(new RootCommand { setting }.Parse([]).Errors);
    }

    [Fact]
    public async Task Migrate_says_what_it_applied_and_then_has_nothing_to_do()
    {
        var database = await postgres.NewEmptyDatabaseAsync();
        var first = await HostProcess.RunAsync("migrate", "--database", database);
        Assert.Equal(0, first.ExitCode);
        Assert.Contains("Applied migration platform/0001_platform", first.Output, StringComparison.Ordinal);
        Assert.Equal((0, "Nothing to do: the database has the schema of this build."), await HostProcess.RunAsync("migrate", "--database", database));
    }

    [Fact]
    public async Task An_import_of_nothing_readable_fails_and_says_so()
    {
        await using var folder = new HostFolder();
        Directory.CreateDirectory(folder.Path);
        var (code, said) = await HostProcess.RunAsync("import", "adventureworks", folder.Path,
            "--database", await postgres.NewDatabaseAsync(), "--data", folder.Path);
        Assert.Equal(1, code);
        Assert.Contains("souk: ", said, StringComparison.Ordinal);
    }
}
