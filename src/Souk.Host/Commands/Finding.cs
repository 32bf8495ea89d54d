namespace Souk.Host.Commands;

/// <summary>How one check of the doctor went.</summary>
internal enum Verdict { Ok, Warn, Fail }

/// <param name="What">The thing checked, in a word or two.</param>
/// <param name="Says">What was found and, unless all is well, what to do.</param>
internal sealed record Finding(Verdict Verdict, string What, string Says)
{
    public static Finding Ok(string what, string says) => new(Verdict.Ok, what, says);
    public static Finding Warn(string what, string says) => new(Verdict.Warn, what, says);
    public static Finding Fail(string what, string says) => new(Verdict.Fail, what, says);
}
