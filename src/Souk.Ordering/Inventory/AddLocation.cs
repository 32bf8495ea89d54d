using System.ComponentModel.DataAnnotations;
namespace Souk.Ordering.Inventory;

/// <summary><c>POST /v1/admin/locations</c>: a place where stock lies. Its name is unique, so a request sent twice makes one: the second gets a 409.</summary>
internal static class AddLocation
{
    /// <param name="Priority">Default 100; the lowest comes first.</param>
    public sealed record Request([Required] string? Name, [Range(0, Location.PriorityMax)] int? Priority, string? Country, string? PostalCode);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/admin/locations", Handle).ForStaff(Permission.StockWrite).WithName(nameof(AddLocation));

    static async Task<Results<Created<Location>, Error>> Handle(Request request, NpgsqlDataSource db, TimeProvider clock, CancellationToken cancel)
    {
        if (Refuse(request) is { } invalid) return invalid;
        return await db.QueryFirstAsync(Insert, Location.Read, [LocationId.New(clock).Value, request.Name!.Trim(), clock.GetUtcNow(),
            request.Priority ?? Location.PriorityDefault, request.Country, request.PostalCode?.Trim()], cancel) is { } made
            ? TypedResults.Created("/v1/admin/locations", made) : StockErrors.LocationExists;
    }

    internal static Error? Refuse(Request request) => Error.Invalid(
        [.. NameWrong(request.Name) is { } wrong ? [("/name", wrong)] : Array.Empty<(string, string)>(), .. Location.Wrong(request.Priority, request.Country, request.PostalCode)]);

    /// <summary>What is wrong with it, or null.</summary>
    internal static string? NameWrong(string? given) => given?.Trim() is { Length: > 0 and <= SetStock.NameLengthMax } name && !name.Any(char.IsControl) ? null
        : $"A location has a name of 1 to {SetStock.NameLengthMax} characters.";

    const string Insert = $"""
        INSERT INTO ordering.locations AS l (id, name, created_at, priority, country, postal_code) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (name) DO NOTHING
        RETURNING {Location.Columns}
        """;
}
