using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;
using Souk.Platform.Http;

namespace Souk.Platform.Errors;

/// <summary>
/// An expected "no": what the caller asked cannot be done, why, and what to do. Bugs throw instead.
/// It is a result, so a handler returns it as it is: <c>return CartErrors.NotFound(id);</c>
/// </summary>
/// <param name="Status">The HTTP status it is sent with.</param>
/// <param name="Code">What a program branches on, snake_case; stable for ever.</param>
/// <param name="Message">What a person reads: what was wrong and what to do. May change any day.</param>
public sealed record Error(int Status, string Code, string Message) : IResult, IEndpointMetadataProvider
{
    /// <summary>Extra members of the answer, by name in camelCase.</summary>
    public IReadOnlyList<(string Name, object? Value)> Details { get; init; } = [];

    /// <summary>For a body that fails validation: JSON Pointer (RFC 6901) of the member, and what is wrong with it.</summary>
    public IReadOnlyList<(string Pointer, string Message)> Members { get; init; } = [];

    /// <summary>Sent as Retry-After, in whole seconds; null sends none.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>400: the request cannot be understood.</summary>
    public static Error Malformed(string code, string message) => new(400, code, message);

    /// <summary>422: well-formed, but a member breaks a rule.</summary>
    public static Error Invalid(string pointer, string message) =>
        new(422, "validation_failed", message) { Members = [(pointer, message)] };

    /// <summary>422 with everything that is wrong at once; null when nothing is.</summary>
    public static Error? Invalid(IReadOnlyList<(string Pointer, string Message)> members) => members.Count == 0 ? null
        : new(422, "validation_failed", members[0].Message) { Members = members };

    /// <summary>404: absent, or not visible to this caller; which of the two is not told.</summary>
    public static Error NotFound(string code, string message) => new(404, code, message);

    public static Error Conflict(string code, string message, params (string, object?)[] details) =>
        new(409, code, message) { Details = details };

    public Task ExecuteAsync(HttpContext httpContext) => Problem.WriteAsync(httpContext, this);

    static void IEndpointMetadataProvider.PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(400, typeof(void), [Problem.ContentType]));
}
