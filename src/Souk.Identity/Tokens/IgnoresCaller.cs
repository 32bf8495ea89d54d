namespace Souk.Identity.Tokens;

/// <summary>
/// Marks routes whose credentials stand in the body, or that end credentials: a spent access token or an old cookie sent along by habit must
/// not keep anyone from signing in, refreshing or signing out.
/// </summary>
internal sealed class IgnoresCaller
{
    public static readonly IgnoresCaller Instance = new();
}
