using System.Reflection;

namespace Souk.Platform.Http;

/// <summary>The <c>If-Match</c> of a request: the version that the caller wants to change. A handler takes it as a parameter.</summary>
public readonly record struct IfMatch(string Text)
{
    public static ValueTask<IfMatch> BindAsync(HttpContext http, ParameterInfo _) => ValueTask.FromResult(new IfMatch(http.Request.Headers.IfMatch.ToString().Trim()));

    /// <summary>The version; 428 without the header or with <c>*</c>, 412 for a tag that no version has.</summary>
    public Result<int> Required()
    {
        if (Optional().Refused(out var error, out var version)) return error;
        return version is { } given ? given : ETag.PreconditionRequired;
    }

    /// <summary>Like <see cref="Required"/>, null without the header or with <c>*</c>: mark the parameter <see cref="OptionalHeaderAttribute"/>.</summary>
    public Result<int?> Optional() => Text is "" or "*" ? (int?)null : ETag.VersionOf(Text) is { } version ? (int?)version : ETag.VersionMismatch;
}
