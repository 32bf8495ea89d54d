using System.Collections.Concurrent;
using System.Text.Json;
using Souk.Identity.Accounts;
using Souk.Identity.Passwords;
using Souk.Platform;
using Souk.Platform.SecurityLog;

namespace Souk.Identity.Import;

/// <summary>What an import of users did.</summary>
/// <param name="Added">Accounts made.</param>
/// <param name="Existing">Lines whose e-mail had an account already; it was left as it is.</param>
/// <param name="Refused">The first <see cref="UserImport.RefusalsMax"/> refusals, in order of line.</param>
/// <param name="RefusedTotal">All refusals, also those not listed.</param>
public sealed record UserImportReport(int Added, int Existing, IReadOnlyList<UserRefusal> Refused, int RefusedTotal);

/// <summary>A line that was left out, and why; nothing of what stands in it.</summary>
/// <param name="Line">From 1.</param>
public sealed record UserRefusal(int Line, string Reason);

/// <summary>
/// Imports accounts of another system: JSON lines <c>{"email", "passwordHash", "name"?, "locale"?}</c>. Everybody keeps their password: its hash is taken in the forms
/// of <see cref="ForeignHash"/> and made anew at the first sign-in. An e-mail that has an account is left alone, so that an import that was stopped is simply run again.
/// </summary>
/// <remarks>Reads the file once; holds <see cref="LinesAtOnceMax"/> lines. Each account is a transaction of its own.</remarks>
public static class UserImport
{
    /// <summary>More are counted, not kept: a file of another format would refuse every line.</summary>
    public const int RefusalsMax = 1_000;

    /// <summary>Accounts that are written at once: their commits share the disk.</summary>
    public const int LinesAtOnceMax = 8;

    sealed record Line(string? Email, string? PasswordHash, string? Name, string? Locale);

    /// <param name="progress">Told how many lines have been read, after every thousand.</param>
    /// <exception cref="OperationCanceledException">Stopped; the accounts made before are there.</exception>
    public static async Task<UserImportReport> RunAsync(IServiceProvider services, Stream file, Action<int>? progress, CancellationToken cancel)
    {
        var (db, people, clock) = (services.GetRequiredService<NpgsqlDataSource>(), services.GetRequiredService<PersonalData>(), services.GetRequiredService<TimeProvider>());
        var (pool, passwords) = (services.GetRequiredService<PasswordPool>(), services.GetRequiredService<PasswordHash>());
        var entries = services.GetRequiredService<SecurityEntries>();
        var refused = new ConcurrentQueue<UserRefusal>();
        var (read, added, existing, refusedTotal) = (0, 0, 0, 0);
        await Parallel.ForEachAsync(SourceLines.ReadAsync(file, cancel), new ParallelOptions { MaxDegreeOfParallelism = LinesAtOnceMax, CancellationToken = cancel }, async (source, stop) =>
        {
            if (Refuse(source, passwords, out var line) is { } reason)
            {
                if (Interlocked.Increment(ref refusedTotal) <= RefusalsMax) refused.Enqueue(new(source.Number, reason));
            }
            else if ((await RegisterUser.AddAsync(new(line.Email!, "", line.Name, line.Locale, PasswordHash: line.PasswordHash), db, people, pool, entries, null, clock, stop))
                .Refused(out var error, out _))
            {
                if (error != AccountErrors.EmailTaken) throw new InvalidOperationException($"Line {source.Number}: {error.Message}");
                Interlocked.Increment(ref existing);
            }
            else Interlocked.Increment(ref added);
            if (Interlocked.Increment(ref read) is var count && count % 1_000 == 0) progress?.Invoke(count);
        });
        return new(added, existing, [.. refused.OrderBy(r => r.Line)], refusedTotal);
    }

    /// <summary>What is wrong with a line, without its words; null with what it says.</summary>
    static string? Refuse(SourceLine source, PasswordHash passwords, out Line line)
    {
        line = new(null, null, null, null);
        if (source.Json is null) return $"The line is longer than {SourceLines.LineBytesMax} bytes.";
        try
        {
            line = JsonSerializer.Deserialize<Line>(source.Json, Json.Options) ?? line;
        }
        catch (JsonException)
        {
            return "The line is no JSON object of the members email, passwordHash, name and locale.";
        }
        return EmailAddress.Refuse(line.Email) ?? ProfileRules.RefuseName(line.Name) ?? ProfileRules.RefuseLocale(line.Locale)
            ?? (line.PasswordHash is { Length: > 0 } hash ? passwords.Takes(hash) ? null : "The password hash has none of the forms that are known, or costs too much." : "A password hash is needed.");
    }
}
