using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using Souk.Platform.Http;

namespace Souk.Platform.Idempotency;

/// <summary>
/// The <c>Idempotency-Key</c> of a request: a random name (at least 128 bits) that the client gives one intention, so that sending it
/// again after a lost answer has no second effect. A handler takes it as a parameter; without the header <see cref="Text"/> is null.
/// </summary>
public readonly record struct IdempotencyKey(string? Text)
{
    public const string Header = "Idempotency-Key";
    public const string ReplayedHeader = "Idempotent-Replayed";

    /// <summary>Fewer characters cannot hold 128 random bits in any usual notation; 255 is what the column takes.</summary>
    public const int LengthMin = 16, LengthMax = 255;

    public static ValueTask<IdempotencyKey> BindAsync(HttpContext http, ParameterInfo _) =>
        ValueTask.FromResult(new IdempotencyKey(http.Request.Headers.TryGetValue(Header, out var values) ? values.ToString().Trim() : null));

    /// <summary>The key itself, or why it cannot serve.</summary>
    public Result<string> Required() => Text switch
    {
        null or "" => Error.Malformed("idempotency_key_required",
            $"Send a random {Header} (a UUID, say) and send the same one when you try again, so that nothing happens twice."),
        { Length: < LengthMin or > LengthMax } => Error.Malformed("idempotency_key_invalid", $"{Header} has {LengthMin} to {LengthMax} characters; a UUID is fine."),
        _ when Text.Any(c => c is < '!' or > '~') => Error.Malformed("idempotency_key_invalid", $"{Header} is made of printable ASCII characters without spaces."),
        _ => Text,
    };

    /// <summary>What tells the same request from another: SHA-256 over operation and request as they were understood, so that white space does not count.</summary>
    public static byte[] Fingerprint<TRequest>(string operation, TRequest request) =>
        SHA256.HashData([.. System.Text.Encoding.UTF8.GetBytes(operation), 0, .. JsonSerializer.SerializeToUtf8Bytes(request, Json.Options)]);

    public static void MarkReplayed(HttpContext http) => http.Response.Headers[ReplayedHeader] = "true";

    public static readonly Error Reused = new(422, "idempotency_key_reused",
        $"This {Header} already belongs to another request of yours. A new intention takes a new key.");

    public static readonly Error InProgress = new(409, "idempotency_in_progress",
        "The first request with this key has not finished. Ask again with the same key in a moment.") { RetryAfterSeconds = 1 };
}
