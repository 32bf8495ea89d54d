using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Souk.EmbeddedPostgres;

namespace Souk.Tests;

/// <summary>The program as people run it: a child process of the built host. For what one process cannot prove: signals, <c>kill -9</c>, exit codes.</summary>
public sealed partial class HostProcess : IAsyncDisposable
{
    /// <summary>A first start makes a database cluster, on a machine that runs other tests beside it.</summary>
    static readonly TimeSpan StartTimeMax = TimeSpan.FromSeconds(60), EndTimeMax = TimeSpan.FromSeconds(60);

    readonly Process process;
    readonly TaskCompletionSource<Uri> address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly List<string> lines = [];

    HostProcess(ProcessStartInfo start)
    {
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
    }

    public int Id => process.Id;
    public Uri Address => address.Task.Result;

    /// <summary>What it said so far, both streams.</summary>
    public string Output
    {
        get { lock (lines) return string.Join('\n', lines); }
    }

    /// <summary>Starts <c>up</c> or <c>serve</c> and waits until it says where it listens; fails with its words when it ends instead.</summary>
    public static Task<HostProcess> StartAsync(params string[] arguments) => StartWithAsync([], arguments);

    /// <summary>The same with variables of its own.</summary>
    public static async Task<HostProcess> StartWithAsync((string Name, string Value)[] variables, params string[] arguments)
    {
        var host = Launch(arguments, variables, Path.GetTempPath());
        var ended = host.process.WaitForExitAsync();
        try
        {
            if (await Task.WhenAny(host.address.Task, ended).WaitAsync(StartTimeMax) == ended && !host.address.Task.IsCompleted)
                Assert.Fail($"souk {string.Join(' ', arguments)} ended with {host.process.ExitCode}:\n{host.Output}");
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a command to its end.</summary>
    public static Task<(int ExitCode, string Output)> RunAsync(params string[] arguments) => RunInAsync(Path.GetTempPath(), [], arguments);

    /// <param name="folder">The current folder of the command, where it looks for souk.json.</param>
    public static async Task<(int ExitCode, string Output)> RunInAsync(string folder, (string Name, string Value)[] variables, params string[] arguments)
    {
        await using var host = Launch(arguments, variables, folder);
        return (await host.EndAsync(), host.Output);
    }

    /// <summary>SIGTERM, and the exit code once it has ended.</summary>
    public Task<int> StopAsync() => Signal(SigTerm);

    /// <summary>SIGINT, as Ctrl+C sends it.</summary>
    public Task<int> InterruptAsync() => Signal(SigInt);

    /// <summary><c>kill -9</c> of the host alone; its PostgreSQL lives on, as it would.</summary>
    public async Task KillAsync()
    {
        process.Kill(entireProcessTree: false);
        await EndAsync();
    }

    /// <summary>SIGQUIT: to a postmaster an immediate shutdown, as if the power had failed.</summary>
    public static void Quit(int postmaster) => Assert.Equal(0, kill(postmaster, SigQuit));

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) await KillAsync();
        process.Dispose();
    }

    static HostProcess Launch(string[] arguments, (string Name, string Value)[] variables, string folder)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Souk.Host.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder,
        };
        foreach (var ours in start.Environment.Keys.Where(name => name.StartsWith("SOUK_", StringComparison.Ordinal) && name != "SOUK_POSTGRES_BINARIES").ToList())
            start.Environment.Remove(ours);
        foreach (var (name, value) in variables) start.Environment[name] = value;
        var host = new HostProcess(start);
        host.process.Start();
        host.process.StandardInput.Close();
        host.process.BeginOutputReadLine();
        host.process.BeginErrorReadLine();
        return host;
    }

    async Task<int> Signal(int number)
    {
        Assert.Equal(0, kill(process.Id, number));
        return await EndAsync();
    }

    async Task<int> EndAsync()
    {
        await process.WaitForExitAsync().WaitAsync(EndTimeMax);
        return process.ExitCode;
    }

    void Take(string? line)
    {
        if (line is null) return;
        lock (lines) lines.Add(line);
        if (Ready().Match(line) is { Success: true } ready) listening = new(ready.Groups[1].Value);

        // "up" says more after its address; the last line of it tells that all is said.
        if (listening is not null && (line.Contains("listening on:", StringComparison.Ordinal) || line.Contains("Ctrl+C stops it.", StringComparison.Ordinal)))
            address.TrySetResult(listening);
    }

    Uri? listening;

    [GeneratedRegex(@"(?:ready at|listening on:) (http://[^\s""\\]+)")]
    private static partial Regex Ready();

    const int SigInt = 2, SigQuit = 3, SigTerm = 15;

#pragma warning disable SYSLIB1054, CA5392 // The source-generated form needs unsafe code in the whole project.
    [DllImport("libc", SetLastError = true)]
    static extern int kill(int process, int signal);
#pragma warning restore SYSLIB1054, CA5392
}

/// <summary>A data folder for <c>--data</c>, removed at the end together with a server that a killed host left behind.</summary>
public sealed class HostFolder : IAsyncDisposable
{
    readonly string root = Directory.CreateTempSubdirectory("souk-data-").FullName;

    public HostFolder(string name = "shop")
    {
        Path = System.IO.Path.Combine(root, name);
        // A temporary folder is closed to others, also to the account that PostgreSQL runs under when root runs the tests.
        Open(root);
    }

    public string Path { get; }

    /// <summary>Lets everyone pass through a folder.</summary>
    public static void Open(string folder)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    public async ValueTask DisposeAsync()
    {
        var cluster = System.IO.Path.Combine(Path, "pg18");
        if (File.Exists(System.IO.Path.Combine(cluster, "postmaster.pid")))
        {
            var left = await EmbeddedPostgresServer.StartAsync(new() { DataFolder = cluster });
            await left.StopAsync(StopMode.Immediate);
        }
        Directory.Delete(root, recursive: true);
    }
}
