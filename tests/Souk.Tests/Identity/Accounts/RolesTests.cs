using Souk.Identity.Accounts;
using Souk.Platform.Http;
using Souk.Tests.Tidy;

namespace Souk.Tests.Identity.Accounts;

public sealed class RolesTests
{
    /// <summary>The table of docs/identity.md: its head names the roles, each row a permission and who has it.</summary>
    [Fact]
    public void Are_as_the_document_says()
    {
        var rows = File.ReadLines(Path.Combine(Source.Root, "docs", "identity.md")).SkipWhile(line => !line.StartsWith("| permission |", StringComparison.Ordinal))
            .TakeWhile(line => line.StartsWith('|')).Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries)).ToList();
        var roles = rows[0][2..];
        Assert.Equal(Roles.All, roles.Select(role => role.Trim('`')));
        Assert.Equal(Permission.All.Select(p => p.Name), rows.Skip(2).Select(row => row[0].Trim('`')));
        foreach (var row in rows.Skip(2))
            foreach (var (role, has) in Roles.All.Zip(row[2..]))
                Assert.True(Roles.PermissionsOf([role]).Any(p => p.Name == row[0].Trim('`')) == (has == "yes"), $"{role}, {row[0]}: the document says '{has}'.");
    }

    [Fact]
    public void Add_up_and_what_is_no_role_may_do_nothing()
    {
        Assert.Equal(["ledger:read", "orders:read", "payments:read", "prices:read", "prices:write", "stock:read"],
            Roles.PermissionsOf(["catalogue", "finance", "king"]).Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.Empty(Roles.PermissionsOf(["Staff", "", "king"]));
        Assert.Equal(["staff", "finance"], Roles.InOrder(["finance", "staff", "finance"]));
    }

    [Fact]
    public void Only_staff_gives_roles_and_keys() =>
        Assert.DoesNotContain(Roles.All.Where(role => role != "staff"), role => Roles.PermissionsOf([role]).Any(p => p == Permission.UsersWrite || p == Permission.KeysWrite));
}
