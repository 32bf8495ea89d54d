using System.Reflection;
using System.Text.RegularExpressions;
using Souk.Host;
using Souk.Platform.Modules;
using Souk.Platform.Jobs;
using Souk.Platform.Outbox;
using Souk.Platform.SecurityLog;

namespace Souk.Tests.Tidy;

/// <summary>
/// What sqlc gives Go: a misspelt column or a wrong type fails the build, not a customer. PostgreSQL itself parses, resolves and plans
/// every SQL constant of the product against the migrated schema.
/// </summary>
public sealed partial class EverySqlTextTests(TestPostgres postgres)
{
    public sealed record SqlText(Assembly Assembly, string Name, string Text);

    /// <summary>All modules, from the host's own list, and the platform beneath them.</summary>
    static IReadOnlyList<Assembly> Assemblies => [typeof(IModule).Assembly, .. Modules.All.Select(m => m.GetType().Assembly)];

    /// <summary>Begin statements that modules continue; those prove them.</summary>
    static readonly string[] Heads = [Outbox.AppendFrom, JobQueue.EnqueueFrom, JobQueue.WithdrawFrom, AppendEntry.From];

    static readonly IReadOnlyList<SqlText> Texts =
        [.. from assembly in Assemblies
            from type in assembly.GetTypes()
            from field in type.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly)
            where field.IsLiteral && field.FieldType == typeof(string)
            let text = (string)field.GetRawConstantValue()!
            where Statement().IsMatch(text) && !Heads.Contains(text)
            select new SqlText(assembly, $"{type.Name}.{field.Name}", text)];

    [Fact]
    public async Task Is_valid_against_the_migrated_schema()
    {
        // Who has tables has SQL.
        var withTables = Assemblies.Where(assembly => assembly.GetManifestResourceNames().Any(name => name.EndsWith(".sql", StringComparison.Ordinal)));
        Assert.All(withTables, assembly => Assert.Contains(Texts, text => text.Assembly == assembly));
        Assert.Empty(await FailuresAsync(await postgres.NewDatabaseAsync()));
    }

    [Fact]
    public void Of_a_module_touches_only_the_schema_of_that_module()
    {
        var schemas = Modules.All.Select(m => m.Name).Append("platform").ToList();
        var strays = from module in Modules.All
                     from text in Texts
                     where text.Assembly == module.GetType().Assembly
                     from schema in schemas
                     // Events and jobs are appended by whoever has them: the head of that statement is the platform's own constant.
                     where schema != module.Name && Regex.IsMatch(Heads.Aggregate(text.Text, (rest, head) => rest.Replace(head, "", StringComparison.Ordinal)), $@"\b{schema}\.\w")
                     select $"{text.Name} touches {schema}";
        Assert.Empty(strays);
    }

    /// <summary>A statement is planned once, whatever its parameters will be: such a condition is no range of an index then.</summary>
    [Fact]
    public void Begins_a_list_at_a_key_and_not_at_an_alternative() =>
        Assert.DoesNotContain(Texts, text => Regex.IsMatch(text.Text, @"IS NULL OR (\w+\.)?id [<>] "));

    /// <summary>The constants that this database cannot prepare, and why.</summary>
    internal static async Task<List<string>> FailuresAsync(string database)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        var failures = new List<string>();
        foreach (var (_, name, text) in Texts)
        {
            try
            {
                await using var prepare = new NpgsqlCommand($"PREPARE tidy AS {text}", connection) { AllResultTypesAreUnknown = true };
                await prepare.ExecuteNonQueryAsync();
                await using var forget = new NpgsqlCommand("DEALLOCATE tidy", connection);
                await forget.ExecuteNonQueryAsync();
            }
            catch (PostgresException broken)
            {
                // Utility statements cannot be prepared; everything else must be.
                failures.Add($"{name}: {broken.MessageText}");
            }
        }
        return failures;
    }

    [GeneratedRegex(@"^\s*(--.*\n\s*)*(SELECT|INSERT|UPDATE|DELETE|WITH)\s")]
    private static partial Regex Statement();
}
