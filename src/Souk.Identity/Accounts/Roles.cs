namespace Souk.Identity.Accounts;

/// <summary>What each role may do. A role that does not stand here may do nothing; docs/identity.md shows the same as a table.</summary>
internal static class Roles
{
    /// <summary>
    /// Only <c>staff</c> has <see cref="Permission.UsersWrite"/> and <see cref="Permission.KeysWrite"/>: whoever may give roles or keys may do everything, sooner or later.
    /// </summary>
    static readonly (string Role, IReadOnlyList<Permission> Permissions)[] Map =
    [
        (Caller.StaffRole, Permission.All),
        ("support", [Permission.OrdersRead, Permission.OrdersWrite, Permission.PaymentsRead, Permission.UsersRead]),
        ("warehouse", [Permission.StockRead, Permission.StockWrite, Permission.OrdersRead, Permission.OrdersWrite]),
        ("finance", [Permission.PaymentsRead, Permission.LedgerRead, Permission.OrdersRead]),
        ("catalogue", [Permission.PricesRead, Permission.PricesWrite, Permission.StockRead]),
    ];

    /// <summary>All there are, in the order in which they are told.</summary>
    public static readonly IReadOnlyList<string> All = [.. Map.Select(m => m.Role)];

    /// <summary>Each once, in the order in which they are told.</summary>
    public static IReadOnlyList<string> InOrder(IReadOnlyCollection<string> roles) => [.. All.Where(roles.Contains)];

    /// <summary>What an account of these roles may do, each once.</summary>
    public static IEnumerable<Permission> PermissionsOf(IReadOnlyCollection<string> roles) =>
        Map.Where(m => roles.Contains(m.Role)).SelectMany(m => m.Permissions).Distinct();
}
