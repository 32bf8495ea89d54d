using System.Globalization;

namespace Souk.Prove;

/// <summary>An option that cannot be; the message says which and what it takes.</summary>
internal sealed class ProveException(string message) : Exception(message);

/// <param name="Seed">What each actor and the faults do follows from it; how they meet does not.</param>
/// <param name="Time">How long actors act and faults come, before everything is checked.</param>
/// <param name="Nodes">Processes of the shop that answer requests, 1 or 2; a worker comes beside them.</param>
/// <param name="Buyers">Shoppers at once, 1 to 500; half of them guests.</param>
/// <param name="Urls">A deployment that runs already; empty to start one.</param>
/// <param name="Database">Of that deployment; null leaves out what reads rows.</param>
/// <param name="Faults">Names of the faults that come.</param>
/// <param name="Report">Where the report goes, as Markdown; null nowhere.</param>
internal sealed record ProveOptions(int Seed, TimeSpan Time, int Nodes, int Buyers, IReadOnlyList<Uri> Urls, string? Database, string? StaffEmail, string? StaffPassword,
    IReadOnlyList<string>? Faults, string? Report)
{
    public const int BuyersDefault = 32, BuyersMax = 500, NodesMax = 2, MinutesMax = 1_440;

    public const string Help = """
        Usage: ./souk prove [--minutes N] [--seed N] [--nodes 1|2] [--faults LIST] [--report FILE]
               ./souk prove --url URL[,URL] --staff-email ADDRESS [--database CONNECTION] [--minutes N]
               ./souk prove --mutations [NAME…]

        Buyers, staff and the clock act on a shop at random and all at once, while nodes are killed, connections cut and disks filled; afterwards every promise
        of the shop is checked against what they were told, over the API and by its rows. Ends with 0 when all of them held, with 2 when one was broken.

          --minutes N       how long they act, such as 0.5 or 30 (default 1)
          --seed N          repeats what each actor and the faults do (default: a random one, printed)
          --nodes N         nodes of the shop, 1 or 2; one worker comes beside them (default 1)
          --buyers N        shoppers at once (default 32)
          --faults LIST     names of faults, comma separated; all or none (default all)
          --report FILE     also writes the report there, as Markdown

        Without --url it starts a shop of its own, in a folder that is deleted afterwards.

          --url URL         a shop that runs already, nodes comma separated, with the payment method sandbox and nobody else on it; no process of it is touched
          --staff-email A   an account of its staff; its password is taken from the variable SOUK_PROVE_STAFF_PASSWORD
          --database C      its database, to check rows and to bring the faults of connections and locks

          --mutations       breaks copies of this source on purpose, one by one, and proves that each is caught (docs/proof.md)
        """;

    static readonly string[] Known = ["--minutes", "--seed", "--nodes", "--buyers", "--faults", "--report", "--url", "--staff-email", "--database"];

    /// <exception cref="ProveException">Something of it cannot be.</exception>
    public static ProveOptions Read(IReadOnlyList<string> args)
    {
        var said = new Dictionary<string, string>();
        for (var i = 0; i < args.Count; i += 2)
        {
            if (!Known.Contains(args[i])) throw new ProveException($"There is no option '{args[i]}'. See: souk prove --help");
            if (i + 1 == args.Count) throw new ProveException($"{args[i]} needs a value.");
            said[args[i]] = args[i + 1];
        }
        List<Uri> urls = [.. List("--url").Select(url => Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri
            : throw new ProveException($"--url has '{url}', which is no address such as http://127.0.0.1:8080."))];
        var password = Environment.GetEnvironmentVariable("SOUK_PROVE_STAFF_PASSWORD");
        if (urls.Count > 0 && (!said.ContainsKey("--staff-email") || password is null))
            throw new ProveException("--url needs --staff-email, and the password of that account in the variable SOUK_PROVE_STAFF_PASSWORD.");
        if (urls.Count == 0 && said.ContainsKey("--database")) throw new ProveException("--database is that of a shop named with --url; without it prove makes its own.");
        var faults = said.GetValueOrDefault("--faults") switch { null or "all" => null, "none" => [], _ => List("--faults") };
        return new((int)Number("--seed", Random.Shared.Next(), 0, int.MaxValue), TimeSpan.FromMinutes(Number("--minutes", 1, 0.05, MinutesMax)), (int)Number("--nodes", 1, 1, NodesMax),
            (int)Number("--buyers", BuyersDefault, 1, BuyersMax), urls, said.GetValueOrDefault("--database"), said.GetValueOrDefault("--staff-email"), password, faults,
            said.GetValueOrDefault("--report"));

        string[] List(string option) => (said.GetValueOrDefault(option) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

        double Number(string option, double otherwise, double min, double max) => !said.TryGetValue(option, out var text) ? otherwise
            : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max ? number
            : throw new ProveException(FormattableString.Invariant($"{option} is '{text}'. Give a number from {min} to {max}."));
    }

    /// <summary>The script of one actor's n-th act, the same in every run with this seed.</summary>
    public Random Script(string actor, int n) => new(Mix(Seed, actor, n));

    static int Mix(int seed, string actor, int n)
    {
        var hash = 2166136261u;
        foreach (var c in FormattableString.Invariant($"{seed}/{actor}/{n}")) hash = (hash ^ c) * 16777619;
        return (int)hash;
    }
}
