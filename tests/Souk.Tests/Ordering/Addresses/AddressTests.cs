using Souk.Ordering.Addresses;

namespace Souk.Tests.Ordering.Addresses;

public sealed class AddressTests
{
    static readonly Address Good = new("أحمد 王小明", "ул. Ленина 1", null, "東京", null, null, "JP", null);

    public static TheoryData<string, object> Wrongs => new()
    {
        { "/name", Good with { Name = null } },
        { "/name", Good with { Name = " \u00A0" } },
        { "/name", Good with { Name = new('x', 201) } },
        { "/name", Good with { Name = "Anna\nBen" } },
        { "/line1", Good with { Line1 = "" } },
        { "/line1", Good with { Line1 = "a\u0000" } },
        { "/line1", Good with { Line1 = "a\u2028b" } },
        { "/line2", Good with { Line2 = " " } },
        { "/line2", Good with { Line2 = "a\u0085b" } },
        { "/city", Good with { City = null } },
        { "/city", Good with { City = new('x', 101) } },
        { "/region", Good with { Region = new('x', 101) } },
        { "/postalCode", Good with { PostalCode = new('1', 21) } },
        { "/postalCode", Good with { PostalCode = "" } },
        { "/phone", Good with { Phone = "\u001b[0m" } },
        { "/country", Good with { Country = null } },
        { "/country", Good with { Country = "jp" } },
        { "/country", Good with { Country = "UK" } },
        { "/country", Good with { Country = "JPN" } },
        { "/country", Good with { Country = "" } },
    };

    [Theory]
    [MemberData(nameof(Wrongs))]
    public void What_is_wrong_is_pointed_at(string pointer, object address) =>
        Assert.Equal($"/to{pointer}", Assert.Single(Address.Wrong((Address)address, "/to")).Pointer);

    [Fact]
    public void Any_script_is_welcome_up_to_the_limits()
    {
        Assert.Empty(Address.Wrong(Good, ""));
        Assert.Empty(Address.Wrong(new(new('å', 200), new('中', 200), new('x', 200), new('x', 100), new('x', 100), new('x', 20), "AX", new('1', 40)), ""));
        Assert.Empty(Address.Wrong(null, ""));
    }

    [Fact]
    public void Everything_that_is_missing_is_told_at_once() =>
        Assert.Equal(["/name", "/line1", "/city", "/country"], Address.Wrong(new(null, null, null, null, null, null, null, null), "").Select(w => w.Pointer));
}
