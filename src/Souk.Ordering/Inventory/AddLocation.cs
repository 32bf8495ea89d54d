using System.ComponentModel.DataAnnotations;
namespace Souk.Ordering.Inventory;

/// <summary><c>POST /v1/admin/locations</c>: a place where stock lies. Its name is unique, so a request sent twice makes one: the second gets a 409.</summary>
internal static class AddLocation
{
    public sealed record Request([Required] string? Name);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/admin/locations", Handle).ForStaff().WithName(nameof(AddLocation));

    static async Task<Results<Created<Location>, Error>> Handle(Request request, NpgsqlDataSource db, TimeProvider clock, CancellationToken cancel)
    {
        if (Refuse(request) is { } invalid) return invalid;
        return await db.QueryFirstAsync(Insert, Location.Read, [LocationId.New(clock).Value, request.Name!.Trim(), clock.GetUtcNow()], cancel) is { } made
            ? TypedResults.Created("/v1/admin/locations", made) : StockErrors.LocationExists;
    }

    internal static Error? Refuse(Request request) => request.Name?.Trim() is { Length: > 0 and <= SetStock.NameLengthMax } name && !name.Any(char.IsControl) ? null
        : Error.Invalid("/name", $"A location has a name of 1 to {SetStock.NameLengthMax} characters.");

    const string Insert = $"""
        INSERT INTO ordering.locations AS l (id, name, created_at) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO NOTHING
        RETURNING {Location.Columns}
        """;
}
