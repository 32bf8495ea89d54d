namespace Souk.Platform.Jobs;

/// <summary>What is kept of a failure in the database: types and SQLSTATEs, never messages, which may quote what a person typed.</summary>
internal static class Failure
{
    const int CausesMax = 4;

    /// <summary><c>PostgresException 23505 &lt; InvalidOperationException</c>: the innermost cause first.</summary>
    public static string Describe(Exception failure)
    {
        var causes = new List<string>();
        for (Exception? cause = failure; cause is not null && causes.Count < CausesMax; cause = cause.InnerException)
            causes.Add(cause is PostgresException refused ? $"{nameof(PostgresException)} {refused.SqlState}" : cause.GetType().Name);
        causes.Reverse();
        return string.Join(" < ", causes);
    }
}
