using System.Globalization;

namespace Souk.Platform.Http;

/// <summary>
/// Optimistic concurrency over HTTP (RFC 9110, section 13): a resource's version is its strong ETag, and changing it needs If-Match.
/// </summary>
public static class ETag
{
    /// <summary>Sets the header, and answers whether the caller already has this version (then send 304).</summary>
    public static bool Matches(HttpContext http, int version)
    {
        var tag = Of(version);
        http.Response.Headers.ETag = tag;
        return Held(http).Any(t => t == "*" || t == tag);
    }

    /// <summary>The tags in If-None-Match; a weak one counts like the strong one (RFC 9110, section 13.1.2).</summary>
    public static IEnumerable<string> Held(HttpContext http) => http.Request.Headers.IfNoneMatch.ToString() is { Length: > 0 } header ? Tags(header).Select(Strong) : [];

    public static void Set(HttpContext http, int version) => http.Response.Headers.ETag = Of(version);

    /// <summary>The version a tag of ours stands for, or null.</summary>
    internal static int? VersionOf(string tag) => tag.Length > 2 && tag[0] == '"' && tag[^1] == '"'
        && int.TryParse(tag.AsSpan(1, tag.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : null;

    public static readonly Error VersionMismatch = new(412, "version_mismatch",
        "The resource has changed since you read it. Read it again, apply your change to what you find, and send its new ETag as If-Match.");

    internal static readonly Error PreconditionRequired = new(428, "precondition_required",
        "Send the ETag of the version you read as If-Match, so that nobody else's change is lost.");

    static string Of(int version) => $"\"{version.ToString(CultureInfo.InvariantCulture)}\"";

    static IEnumerable<string> Tags(string header) => header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    static string Strong(string tag) => tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag;
}
