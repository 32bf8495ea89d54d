using System.ComponentModel.DataAnnotations;
using Souk.Platform.Idempotency;

namespace Souk.Ordering.Inventory;

/// <summary>
/// <c>POST /v1/admin/stock/{variantId}/locations/{locationId}/adjustments</c> <c>{delta, reason, note?}</c> (Idempotency-Key): units came to the shelf or left it
/// otherwise than by a sale. One movement, once per key.
/// </summary>
/// <remarks>Refusals, in this order: 400 for the key, 422 for the body, 404 for location and variant, 422 for a reused key, 409 <c>level_too_low</c>, 409 <c>stock_reserved</c>.</remarks>
internal static class AdjustStock
{
    public const int DeltaMax = 1_000_000, NoteLengthMax = 500;

    /// <summary>Why units move by hand; <c>import</c> is told by what does it.</summary>
    public static readonly IReadOnlyList<string> Reasons = ["received", "counted", "damaged", "lost", "returned", "other"];

    /// <param name="Delta">Units that came (positive) or went (negative).</param>
    /// <param name="Note">What the reason does not say, for those who look later: a delivery note's number, who saw it break. At most 500 characters, no personal data.</param>
    public sealed record Request([Required] int? Delta,
        [Required, AllowedValues("received", "counted", "damaged", "lost", "returned", "other")] string? Reason, [MaxLength(NoteLengthMax)] string? Note);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/admin/stock/{variantId}/locations/{locationId}/adjustments", Handle).ForStaff(Permission.StockWrite).WithName(nameof(AdjustStock))
            .WithMetadata(OldReasons.OfMovement);

    static async Task<Results<Created<ReadStock.Movement>, Error>> Handle(VariantId variantId, LocationId locationId, Request request, Caller caller,
        IdempotencyKey idempotency, HttpContext http, WriteAdjustment write, TimeProvider clock, CancellationToken cancel)
    {
        if (idempotency.Required().Refused(out var keyless, out var key)) return keyless;
        if (Refuse(request) is { } invalid) return invalid;
        var fingerprint = IdempotencyKey.Fingerprint($"{nameof(AdjustStock)} {variantId} {locationId}", request);
        var note = request.Note?.Trim() is { Length: > 0 } text ? text : null;
        var why = new SetStock.Why(request.Reason!, caller.ActorId, clock.GetUtcNow(), note);
        var move = new SetStock.Move(Guid.CreateVersion7(why.At), variantId, locationId.Value, request.Delta!.Value, why);
        if ((await write.RunAsync(new(key, fingerprint, move), cancel)).Refused(out var refused, out var done)) return refused;
        if (done.IsReplay) IdempotencyKey.MarkReplayed(http);
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Created($"/v1/admin/stock/{variantId}", done.Movement);
    }

    internal static Error? Refuse(Request request)
    {
        List<(string, string)> wrong = [];
        if (request.Delta is not ((>= -DeltaMax and <= -1) or (>= 1 and <= DeltaMax)))
            wrong.Add(("/delta", $"A delta is a whole number from -{DeltaMax} to {DeltaMax}, not 0."));
        if (request.Reason is null || !Reasons.Contains(request.Reason)) wrong.Add(("/reason", $"A reason is one of {string.Join(", ", Reasons)}."));
        if (request.Note is { } note && (note.Length > NoteLengthMax || note.Any(char.IsControl)))
            wrong.Add(("/note", $"A note is one line of at most {NoteLengthMax} characters."));
        return Error.Invalid(wrong);
    }
}
