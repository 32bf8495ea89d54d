using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Souk.Prove.Deployments;

/// <summary>A process that prove has started: the only ones it ever ends, each by its id.</summary>
internal sealed class Child : IAsyncDisposable
{
    const int LinesKept = 200, SigQuit = 3;

    readonly Process process;
    readonly ConcurrentQueue<string> said;
    volatile bool wasKilled;

    Child(Process process, ConcurrentQueue<string> said, string ready) => (this.process, this.said, Ready) = (process, said, ready);

    /// <summary>The line that told it was ready.</summary>
    public string Ready { get; }
    public int Id => process.Id;

    /// <summary>True when it ended though nobody killed it.</summary>
    public bool EndedUnasked => !wasKilled && process.HasExited;

    /// <summary>The last lines it said.</summary>
    public IReadOnlyList<string> Said => [.. said];

    /// <param name="failures">Takes the lines that tell of a bug.</param>
    public static async Task<Child> StartAsync(IReadOnlyList<string> arguments, Func<string, bool> isReady, ConcurrentQueue<string>? failures = null)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        var process = new Process { StartInfo = start };
        var (ready, said) = (new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously), new ConcurrentQueue<string>());
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (await Task.WhenAny(ready.Task, process.WaitForExitAsync()) == ready.Task) return new(process, said, await ready.Task);
        throw new ProveException($"{string.Join(' ', arguments.Take(2))} ended before it was ready: {string.Join('\n', said)}");

        void Take(string? line)
        {
            if (line is null) return;
            said.Enqueue(line);
            if (said.Count > LinesKept) said.TryDequeue(out _);
            if (failures is not null && line.Contains("Unhandled failure", StringComparison.Ordinal)) failures.Enqueue(line);
            if (isReady(line)) ready.TrySetResult(line);
        }
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var (said, complained) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new ProveException($"{program} {string.Join(' ', arguments.Take(3))} ended with {process.ExitCode}: {await said}{await complained}");
    }

    public Task TellAsync(string line) => process.StandardInput.WriteLineAsync(line);

    /// <summary><c>kill -9</c>: it does nothing more from this instant.</summary>
    public async Task KillAsync()
    {
        if (!process.HasExited) wasKilled = true;
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>SIGQUIT: to a postmaster an immediate shutdown, as if the power had failed.</summary>
    public static void Quit(int postmaster)
    {
        if (kill(postmaster, SigQuit) != 0) throw new ProveException($"PostgreSQL, process {postmaster}, could not be signalled.");
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) await KillAsync();
        process.Dispose();
    }

#pragma warning disable SYSLIB1054, CA5392 // The source-generated form needs unsafe code in the whole project.
    [DllImport("libc", SetLastError = true)]
    static extern int kill(int process, int signal);
#pragma warning restore SYSLIB1054, CA5392
}
