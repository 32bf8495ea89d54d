namespace Souk.EmbeddedPostgres;

/// <summary>What PostgreSQL says when it fails, and what a person can do about it.</summary>
internal static class FailureAdvice
{
    const int QuotedLinesMax = 6;

    static readonly (string[] Said, string Advice)[] Known =
    [
        (["No space left on device", "Disk quota exceeded"],
            "The disk is full: free some space and start again. Nothing that was committed is lost."),
        (["Address already in use", "could not create any TCP/IP sockets"],
            "Another program took the port at that moment: start again."),
        (["invalid locale name", "invalid locale settings", "could not create locale"],
            "This system lacks the locale C.UTF-8: install it (Debian: apt-get install locales), or use PostgreSQL 17 or newer, which brings its own."),
        (["error while loading shared libraries", "Library not loaded", "image not found"],
            "The PostgreSQL package is incomplete: run 'node scripts/hydrate-symlinks.js' in its folder, or './souk doctor', or install it anew with 'npm ci'."),
        (["database files are incompatible", "was initialized by PostgreSQL version"],
            "The data folder was made by another major version of PostgreSQL: use that version, or another data folder."),
        (["could not create shared memory", "could not map anonymous shared memory", "Cannot allocate memory", "could not resize shared memory"],
            "There is not enough memory: lower SharedBuffersMegabytes or MaxConnections, or free some."),
        (["cannot be run as root", "Execution of PostgreSQL by a user with administrative permissions"],
            "PostgreSQL refuses to run with an administrator's rights: run as an ordinary user."),
        (["Permission denied", "has wrong ownership", "Operation not permitted", "has invalid permissions", "Read-only file system"],
            "The account that runs PostgreSQL may not use the folder: it must own it, and pass through every folder above it."),
        (["PANIC:  could not locate a valid checkpoint record", "invalid page in block", "page verification failed"],
            "The data is damaged: keep a copy of the folder, then restore a backup."),
    ];

    public static EmbeddedPostgresException Exception(string what, string said, Exception? inner = null)
    {
        var advice = For(said);
        return new($"{what}. {advice ?? "PostgreSQL's own words follow."}{Environment.NewLine}{Quote(said)}".TrimEnd(), inner);
    }

    /// <summary>The first known cause wins; null for words not met before.</summary>
    internal static string? For(string said) =>
        Known.Where(k => k.Said.Any(s => said.Contains(s, StringComparison.OrdinalIgnoreCase))).Select(k => k.Advice).FirstOrDefault();

    public static bool IsPortTaken(string said) =>
        said.Contains("Address already in use", StringComparison.Ordinal)
        || said.Contains("could not create any TCP/IP sockets", StringComparison.Ordinal);

    public static bool IsLocaleMissing(string said) =>
        said.Contains("invalid locale", StringComparison.Ordinal) || said.Contains("could not create locale", StringComparison.Ordinal);

    /// <summary>An orphan of the previous server still holds its shared memory, or a server is just coming up.</summary>
    public static bool IsStillInUse(string said) =>
        said.Contains("pre-existing shared memory block", StringComparison.Ordinal)
        || said.Contains("lock file \"postmaster.pid\" already exists", StringComparison.Ordinal);

    /// <summary>The lines that carry the cause; all of the last ones when none is marked.</summary>
    static string Quote(string said)
    {
        var lines = said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string[] causes = [.. lines.Where(l => l.Contains("FATAL:", StringComparison.Ordinal) || l.Contains("PANIC:", StringComparison.Ordinal)
            || l.Contains("error:", StringComparison.OrdinalIgnoreCase))];
        return string.Join(Environment.NewLine, (causes.Length > 0 ? causes : lines).TakeLast(QuotedLinesMax).Select(l => "  " + l));
    }
}
