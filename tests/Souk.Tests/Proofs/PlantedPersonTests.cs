using System.Net.Http.Json;
using System.Text;
using Souk.Tests.Identity;
using Souk.Tests.Ordering;

namespace Souk.Tests.Proofs;

/// <summary>Someone with names nobody else has goes the whole way through the shop; a dump of the whole database then names nobody.</summary>
public sealed class PlantedPersonTests(OrderingShop shop) : IClassFixture<OrderingShop>
{
    const string Name = "Plantagenet Vonderplant", Local = "planted.person", Phone = "+44 20 7946 0958", Street = "Quincunx Lane 77", City = "Xanthopolis", PostalCode = "QX7 7XQ";

    [Fact]
    public async Task Stands_in_no_table_in_clear()
    {
        var (email, guestEmail) = ($"{Local}@example.com", $"{Local}.guest@example.com");
        var address = new { name = Name, line1 = Street, city = City, postalCode = PostalCode, country = "GB", phone = Phone };
        var variant = await shop.NewVariantAsync(50);
        object lines = new[] { new { variantId = variant, quantity = 1 } };

        await shop.Register(new { email, password = People.Password, name = Name });
        var person = await shop.SignedIn(email);
        await person.Http.PatchMe(1, $$"""{"name":"{{Name}} II"}""");
        var cart = await (await person.Http.PostAsJsonAsync("/v1/carts", new { lines })).Body();
        using var patched = await person.Http.PatchAsJsonAsync($"/v1/carts/{cart.Text("id")}",
            new { email, shippingAddress = address, billingAddress = address, shippingMethod = OrderingShop.Courier });
        Assert.True(patched.IsSuccessStatusCode);
        var order = await shop.PlacedAsync(new { cartId = cart.Text("id"), payment = new { method = "sandbox" } }, by: person.Http);
        Assert.Equal((email, Name, "paid"), (order.Text("email"), order.GetProperty("shippingAddress").Text("name"), order.Text("status")));
        var guest = await shop.PlacedAsync(new { lines, email = guestEmail, shippingAddress = address, billingAddress = address });
        await shop.PostAsync($"/v1/orders/{guest.Text("id")}/payments", new { method = "sandbox" }, OrderingShop.NewKey(), null, ("Souk-Order-Token", guest.Text("orderToken")));

        var (dump, tables) = await DumpAsync();
        Assert.True(tables.Contains("ordering.orders") && tables.Contains("payments.payments") && tables.Contains("platform.outbox") && tables.Contains("ordering.carts"));
        Assert.Contains(order.Text("number"), dump, StringComparison.Ordinal);
        foreach (var planted in new[] { Local, "Plantagenet", "Vonderplant", Phone, "7946", Street, "Quincunx", City, PostalCode, People.Password, person.RefreshToken, person.AccessToken, guest.Text("orderToken") })
        {
            Assert.DoesNotContain(planted, dump, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Convert.ToHexString(Encoding.UTF8.GetBytes(planted)), dump, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(planted)).TrimEnd('=')[..^1], dump, StringComparison.Ordinal);
        }
    }

    /// <summary>Every value of every table of the shop as text; bytes are hex.</summary>
    async Task<(string Dump, IReadOnlySet<string> Tables)> DumpAsync()
    {
        var tables = new HashSet<string>();
        await using var connection = await shop.Db.OpenConnectionAsync();
        await using (var list = new NpgsqlCommand("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')", connection))
        await using (var reader = await list.ExecuteReaderAsync())
            while (await reader.ReadAsync()) tables.Add(reader.GetString(0));
        var dump = new StringBuilder();
        foreach (var table in tables)
        {
            await using var rows = new NpgsqlCommand($"SELECT t::text FROM {table} t", connection);
            await using var reader = await rows.ExecuteReaderAsync();
            while (await reader.ReadAsync()) dump.AppendLine(reader.GetString(0));
        }
        return (dump.ToString(), tables);
    }
}
