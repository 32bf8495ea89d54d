using System.CommandLine;
using System.CommandLine.Invocation;
using System.Runtime.InteropServices;
using Souk.Catalog.Import;
using Souk.EmbeddedPostgres;
using Souk.Platform;

namespace Souk.Host.Commands;

/// <summary>What a command does with its settings; answers the exit code.</summary>
internal delegate Task<int> CommandBody(Chosen settings, Terminal terminal, CancellationToken cancel);

/// <summary>What all commands share: settings, signals, and failures told in one line. A stack trace is for SOUK_TRACE=1 only.</summary>
internal static class CommandLine
{
    public const int Succeeded = 0, Failed = 1, Broken = 2, Interrupted = 130;

    public static Command Of(string name, string description, IReadOnlyList<Setting> settings, CommandBody body, params ReadOnlySpan<Argument<string?>> arguments)
    {
        var command = new Command(name, description);
        foreach (var argument in arguments) command.Add(argument);
        foreach (var setting in settings) command.Add(setting);
        command.SetAction((parsed, cancel) =>
        {
            var known = parsed.RootCommandResult.Command.Subcommands.SelectMany(c => c.Options).OfType<Setting>().Select(s => s.Member).ToHashSet();
            var file = SettingsFile.Read(Environment.CurrentDirectory, known);
            return body(new Chosen(parsed, file, Environment.GetEnvironmentVariable), new Terminal(), cancel);
        });
        return command;
    }

    /// <summary>Runs the command that the arguments name. SIGINT, SIGTERM and SIGHUP end it in order; a second one ends it at once.</summary>
    public static async Task<int> RunAsync(RootCommand root, string[] arguments)
    {
        var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
        {
            return Fail($"{parsed.Errors[0].Message} See: souk {Words(parsed.CommandResult.Command)}--help");
        }

        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        try
        {
            return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return Interrupted;
        }
        catch (Exception failure) when (Environment.GetEnvironmentVariable("SOUK_TRACE") != "1")
        {
            return Fail(Advice(failure));
        }

        void Stop(PosixSignalContext signal)
        {
            if (stop.IsCancellationRequested) return;   // the second time: the system ends us
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    /// <summary>How a command is called: <c>audit verify </c>.</summary>
    static string Words(Command command) => command is RootCommand ? "" : $"{string.Concat(command.Parents.OfType<Command>().Take(1).Select(Words))}{command.Name} ";

    static int Fail(string message)
    {
        Console.Error.WriteLine($"souk: {message.ReplaceLineEndings(" ")}");
        return Failed;
    }

    /// <summary>One line: what is wrong and what to do. Our own exceptions say both already.</summary>
    internal static string Advice(Exception failure) => failure switch
    {
        CommandException or ShopSettingsException or ImportException or MigrationException or EmbeddedPostgresException or KeysRefusedException => failure.Message,
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } missing => $"{missing.MessageText}. Create it (CREATE DATABASE …), or name another with --database.",
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } refused =>
            $"The database refused the sign-in: {refused.MessageText}. Check Username and Password in --database.",
        PostgresException refused => $"The database refused: {refused.MessageText} ({refused.SqlState}).",
        NpgsqlException away => $"The database cannot be reached: {away.Message}{(away.InnerException is { } why ? $" ({why.Message})" : "")}. Start it, or correct --database.",
        HttpRequestException away => $"The shop cannot be reached: {away.Message}. Start it with 'souk up', or correct --url.",
        UnauthorizedAccessException or IOException => $"{failure.Message} Choose another folder, or give this account the right to it.",
        _ => $"{failure.GetType().Name}: {failure.Message} This is a fault of Souk's own; SOUK_TRACE=1 shows where it happened.",
    };
}
