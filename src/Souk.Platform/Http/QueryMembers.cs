namespace Souk.Platform.Http;

/// <summary>Query members are as strict as bodies: a filter that nobody reads would answer the wrong list.</summary>
public static class QueryMembers
{
    /// <summary>400 that lists what is allowed, for a query member that is not among these or comes twice; null when all is well.</summary>
    public static Error? RefuseOthers(HttpContext http, params ReadOnlySpan<string> allowed)
    {
        foreach (var member in http.Request.Query)
        {
            if (!allowed.Contains(member.Key, StringComparer.Ordinal))
                return Error.Malformed("query_unknown", $"This list takes: {string.Join(", ", allowed!)}. Leave the others out.")
                    with { Details = [("allowed", allowed.ToArray())] };
            if (member.Value.Count > 1) return Error.Malformed("query_repeated", "Send each query member once.");
        }
        return null;
    }
}
