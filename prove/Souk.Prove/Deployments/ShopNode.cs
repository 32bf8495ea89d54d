using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Souk.Prove.Deployments;

/// <summary>
/// One process of the shop under test, put together as the host does it, but under a clock that prove can shift. There is no such setting in the shop: it
/// takes whatever <see cref="TimeProvider"/> it is given, and only this program gives it another.
/// </summary>
internal static class ShopNode
{
    public const string Word = "node", ReadyMark = "listening on: ", Shift = "shift";

    /// <param name="args">Connection string, keys folder, roles, seconds that its clock is ahead.</param>
    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        var clock = new ShiftedClock { Ahead = Seconds(args[3]) };
        await using var app = Host.Shop.Build(new() { ConnectionString = args[0], KeysFolder = args[1], Roles = args[2].Split(','), Url = "http://127.0.0.1:0" }, builder =>
        {
            builder.Logging.ClearProviders().AddSimpleConsole(line => line.SingleLine = true).SetMinimumLevel(LogLevel.Warning);
            // Short enough that orders expire while somebody pays them.
            builder.Configuration.AddInMemoryCollection([new("Payments:Methods", "sandbox,wallet"), new("Ordering:HoldMinutes", "1"), new("Ordering:CartHoldMinutes", "1")]);
            builder.Services.AddSingleton<TimeProvider>(clock);
        });
        await app.StartAsync();
        Console.WriteLine(ReadyMark + app.Urls.First());
        // Until it is killed; it does not outlive prove, whose end closes the input.
        while (await Console.In.ReadLineAsync() is { } line)
            if (line.Split(' ') is [Shift, var by]) clock.Ahead = Seconds(by);
        return 0;
    }

    static TimeSpan Seconds(string text) => TimeSpan.FromSeconds(int.Parse(text, CultureInfo.InvariantCulture));

    sealed class ShiftedClock : TimeProvider
    {
        long ticks;

        public TimeSpan Ahead { get => new(Interlocked.Read(ref ticks)); set => Interlocked.Exchange(ref ticks, value.Ticks); }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
    }
}
