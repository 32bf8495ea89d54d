using System.ComponentModel.DataAnnotations;

namespace Souk.Ordering.Inventory;

/// <summary>
/// <c>PATCH /v1/admin/locations/{locationId}</c>: a merge patch (RFC 7396) on name, priority, country and postal code, with If-Match. Counts for orders shipped
/// from then on.
/// </summary>
/// <remarks>Refusals, in this order: 428 and 412 for If-Match, 422 for members, 404, 412 <c>version_mismatch</c>, 409 <c>location_exists</c> for a name of another.</remarks>
internal static class ChangeLocation
{
    /// <summary>Absent keeps; null clears country and postal code.</summary>
    [MergePatch]
    public sealed record Request
    {
        public string? Name { get; init { (field, IsNameGiven) = (value, true); } }
        [Range(0, Location.PriorityMax)] public int? Priority { get; init { (field, IsPriorityGiven) = (value, true); } }
        public string? Country { get; init { (field, IsCountryGiven) = (value, true); } }
        public string? PostalCode { get; init { (field, IsPostalCodeGiven) = (value, true); } }

        internal bool IsNameGiven { get; private init; }
        internal bool IsPriorityGiven { get; private init; }
        internal bool IsCountryGiven { get; private init; }
        internal bool IsPostalCodeGiven { get; private init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPatch("/v1/admin/locations/{locationId}", Handle).ForStaff(Permission.StockWrite).WithName(nameof(ChangeLocation));

    static async Task<Results<Ok<Location>, Error>> Handle(LocationId locationId, Request request, IfMatch match, NpgsqlDataSource db, HttpContext http, CancellationToken cancel)
    {
        if (match.Required().Refused(out var precondition, out var version)) return precondition;
        if (Refuse(request) is { } invalid) return invalid;
        Location? changed;
        try
        {
            changed = await db.QueryFirstAsync(Change, Location.Read, [locationId.Value, version, request.Name?.Trim(), request.Priority, request.IsCountryGiven, request.Country,
                request.IsPostalCodeGiven, request.PostalCode?.Trim()], cancel);
        }
        catch (PostgresException taken) when (taken.ConstraintName == "locations_name_is_taken")
        {
            return StockErrors.LocationExists;
        }
        if (changed is null) return await db.QueryFirstAsync(Exists, static _ => true, [locationId.Value], cancel) ? ETag.VersionMismatch : StockErrors.LocationNotFound;
        ETag.Set(http, changed.Version);
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(changed);
    }

    internal static Error? Refuse(Request request)
    {
        List<(string, string)> wrong = [.. Location.Wrong(request.Priority, request.Country, request.PostalCode)];
        if (request.IsNameGiven && AddLocation.NameWrong(request.Name) is { } name) wrong.Add(("/name", name));
        if (request is { IsPriorityGiven: true, Priority: null }) wrong.Add(("/priority", "A location always has a priority: leave it out to keep it."));
        return Error.Invalid(wrong);
    }

    const string Change = $"""
        UPDATE ordering.locations AS l
        SET name = coalesce($3, l.name), priority = coalesce($4::int, l.priority), country = CASE WHEN $5 THEN $6 ELSE l.country END,
            postal_code = CASE WHEN $7 THEN $8 ELSE l.postal_code END, version = l.version + 1
        WHERE l.id = $1 AND l.version = $2
        RETURNING {Location.Columns}
        """;

    const string Exists = "SELECT 1 FROM ordering.locations WHERE id = $1";
}
