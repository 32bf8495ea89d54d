using System.Diagnostics;

namespace Souk.Bench;

/// <summary>A child process that says a line when it is ready.</summary>
internal sealed class Child : IAsyncDisposable
{
    readonly Process process;

    Child(Process process, string ready) => (this.process, Ready) = (process, ready);

    public string Ready { get; }
    public int Id => process.Id;

    public static async Task<Child> StartAsync(string[] arguments, Func<string, bool> isReady, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in variables) start.Environment[name] = value;
        var process = new Process { StartInfo = start };
        var (ready, said) = (new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously), new List<string>());
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (await Task.WhenAny(ready.Task, process.WaitForExitAsync()) != ready.Task)
            throw new InvalidOperationException($"{string.Join(' ', arguments)} ended: {string.Join('\n', said)}");
        return new(process, await ready.Task);

        void Take(string? line)
        {
            if (line is null) return;
            lock (said) said.Add(line);
            if (isReady(line)) ready.TrySetResult(line);
        }
    }

    /// <summary>Runs to its end.</summary>
    public static async Task RunAsync(string[] arguments, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in variables) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (said, complained) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with {process.ExitCode}: {await said}{await complained}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
