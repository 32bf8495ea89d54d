namespace Souk.Identity.Guessing;

internal static class GuessingErrors
{
    /// <summary>The same whether or not there is such an account, and whether or not this password would have been right.</summary>
    public static Error Delayed(TimeSpan wait) => new(429, "sign_in_delayed",
        $"Too many wrong passwords were tried. The next one is taken in {Delays.Seconds(wait)} s; until then not even the right one is.") { RetryAfterSeconds = Delays.Seconds(wait) };
}
