using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Souk.Platform.SecurityLog;

/// <summary>
/// What an entry of the security log says besides who and what. Its names and codes are constants of the code (the compiler refuses others), its values ids,
/// numbers and booleans: there is no way to put a text in that somebody sent, hence none for a secret or personal data.
/// </summary>
public sealed class SecurityDetails
{
    readonly JsonObject members = [];

    public SecurityDetails Code([ConstantExpected] string name, [ConstantExpected] string code) => Set(name, code);

    public SecurityDetails Flag([ConstantExpected] string name, bool value) => Set(name, value);

    public SecurityDetails Number([ConstantExpected] string name, long value) => Set(name, value);

    public SecurityDetails Id<TKind>([ConstantExpected] string name, Id<TKind> id) where TKind : IIdKind => Set(name, id.ToString());

    public SecurityDetails Session(Guid id) => Set("session", new SecurityId(SecurityId.Session, id).ToString());

    /// <summary>What it was and what it is now.</summary>
    public SecurityDetails Change([ConstantExpected] string name, bool before, bool after) => Set(name, new JsonObject { ["before"] = before, ["after"] = after });

    /// <inheritdoc cref="Change(string, bool, bool)"/>
    public SecurityDetails Change([ConstantExpected] string name, long before, long after) => Set(name, new JsonObject { ["before"] = before, ["after"] = after });

    /// <summary>The code of a refusal, never its words.</summary>
    public SecurityDetails Problem(Error refusal) => Set("problem", refusal.Code);

    /// <summary>Which operation of the API it was.</summary>
    /// <param name="method">One that the endpoint takes.</param>
    internal SecurityDetails Operation(Endpoint? endpoint, string method)
    {
        if (endpoint?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName is { } name) Set("operation", name);
        return Set("method", method);
    }

    /// <param name="name">What the route calls it.</param>
    internal SecurityDetails RouteId(string name, SecurityId id) => Set(name, id.ToString());

    public override string ToString() => members.ToJsonString(JsonSerializerOptions.Default);

    SecurityDetails Set(string name, JsonNode value)
    {
        members[name] = value;
        return this;
    }
}
