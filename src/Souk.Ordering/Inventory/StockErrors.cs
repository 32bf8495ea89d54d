namespace Souk.Ordering.Inventory;

/// <summary>Every way stock says no. A code is API: add new ones, never rename one.</summary>
internal static class StockErrors
{
    public static Error Insufficient(IReadOnlyList<VariantId> variants) => Error.Conflict("insufficient_stock",
        "There is not enough of some variants, so nothing was ordered. Lower the quantities or take those lines out, and order again.", ("variantIds", variants));

    public static Error NotOnShelf(IReadOnlyList<VariantId> variants) => Error.Conflict("not_on_shelf",
        "Units of the order do not lie on the shelf yet, so it cannot be shipped. Receive or count them first.", ("variantIds", variants));

    public static readonly Error IsKit = Error.Conflict("variant_is_kit", "The variant is a kit: it has no stock of its own. Change that of its components.");

    public static readonly Error KitHasStock = Error.Conflict("kit_has_stock",
        "The variant has stock or rules of its own. Count it to nothing, ship or cancel its orders and set its rules back first.");

    public static readonly Error KitOfKits = Error.Conflict("kit_of_kits", "A kit is made of variants that are no kits, and is in no kit itself.");

    public static readonly Error KitsFull = Error.Conflict("kits_full", $"A shop has at most {SetKit.KitsMax} kits. Dissolve one first.");

    public static readonly Error Promised = Error.Conflict("stock_reserved",
        "Fewer units would lie on the shelf than are promised to orders. Cancel orders first, or count again.");

    public static readonly Error LevelTooHigh = Error.Invalid("/delta", $"A level holds at most {SetStock.OnHandMax} units.");

    public static readonly Error LevelTooLow = Error.Conflict("level_too_low", "Fewer units lie at this location than you want to take away. Count again.");

    public static readonly Error LocationNotFound = Error.NotFound("location_not_found", "There is no such location. GET /v1/admin/locations lists them.");

    public static readonly Error LocationExists = Error.Conflict("location_exists", "There is a location of this name already. GET /v1/admin/locations lists them.");

    public static readonly Error VariantNotFound = Error.NotFound("variant_not_found", "The catalogue sells no such variant, and none was ever stocked.");

    public static readonly Error VariantIdsInvalid = Error.Malformed("variant_ids_invalid",
        $"variantIds is 1 to {GetAvailability.VariantsMax} ids of variants, separated by commas.");
}
