using System.Text.Json.Nodes;
using Souk.Platform.Http.Revisions;

namespace Souk.Ordering.Inventory;

/// <summary>
/// The words that gave a movement's reason before <see cref="Revision.ReasonsOfMovements"/>: <c>found</c> and <c>count</c> are <c>counted</c> now,
/// <c>correction</c> is <c>other</c>. Clients of the first revision go on using them, and never see a note.
/// </summary>
internal static class OldReasons
{
    /// <summary>Of a route that takes a movement and answers it.</summary>
    public static readonly Translation OfMovement = new(Revision.ReasonsOfMovements, Up, Down);

    /// <summary>Of a route that answers a variant's stock, movements in it.</summary>
    public static readonly Translation OfStock = new(Revision.ReasonsOfMovements, static _ => { }, static stock =>
    {
        if (stock["movements"] is JsonArray movements)
            foreach (var movement in movements) Down(movement!.AsObject());
    });

    /// <summary>Of a route that lists movements.</summary>
    public static readonly Translation OfMovements = new(Revision.ReasonsOfMovements, static _ => { }, static page =>
    {
        foreach (var movement in page["items"]?.AsArray() ?? []) Down(movement!.AsObject());
    });

    /// <summary>What these words ask for in today's. Today's own were unknown then: they are turned into nothing that would be accepted.</summary>
    static void Up(JsonObject movement)
    {
        if (movement["reason"] is not JsonValue given || !given.TryGetValue<string>(out var reason)) return;
        movement["reason"] = reason switch { "found" => "counted", "correction" => "other", "counted" or "other" => $"{reason} (unknown before {Revision.ReasonsOfMovements.Name})", _ => reason };
    }

    static void Down(JsonObject movement)
    {
        movement.Remove("note");
        movement["reason"] = (string)movement["reason"]! switch
        {
            "counted" => (int)movement["delta"]! > 0 ? "found" : "count",
            "other" => "correction",
            var same => same,
        };
    }
}
