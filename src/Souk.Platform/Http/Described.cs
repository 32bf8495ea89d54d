namespace Souk.Platform.Http;

// What a handler's signature cannot say of itself, for the description of the API. All else is read from the code: docs/adr/0011.

/// <summary>A query member that a handler reads by hand.</summary>
/// <param name="Description">What it does, its range and default.</param>
/// <param name="OneOf">All the values there are; null when there is more to choose from.</param>
public sealed record QueryMember(string Name, Type Type, string Description, IReadOnlyList<string>? OneOf = null);

/// <summary>On a parameter that takes a header (Idempotency-Key, If-Match): the route also answers without it.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class OptionalHeaderAttribute : Attribute;

/// <summary>On a member of a merge patch (RFC 7396) that is read as raw JSON: what it holds when it is not null.</summary>
[AttributeUsage(AttributeTargets.Parameter | AttributeTargets.Property)]
public sealed class HoldsAttribute(Type type) : Attribute
{
    public Type Type => type;
}

/// <summary>On the request of a merge patch (RFC 7396): null clears a member.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class MergePatchAttribute : Attribute;

/// <summary>Metadata of a route without a <see cref="Caller"/> that reads the sign-in by itself.</summary>
public sealed class ReadsSignIn
{
    public static readonly ReadsSignIn Instance = new();
}

public static class Described
{
    /// <summary>The query members of a route that its handler reads by hand.</summary>
    public static TBuilder Takes<TBuilder>(this TBuilder route, params IReadOnlyList<QueryMember> members) where TBuilder : IEndpointConventionBuilder =>
        route.WithMetadata([.. members]);
}
