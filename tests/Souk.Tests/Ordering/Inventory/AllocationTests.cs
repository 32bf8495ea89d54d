using Souk.Ordering.Inventory;
using Souk.Platform.Ids;

namespace Souk.Tests.Ordering.Inventory;

public sealed class AllocationTests
{
    static readonly Id<Souk.Contracts.VariantKind> A = new(Guid.Parse("00000000-0000-7000-8000-00000000000a")), B = new(Guid.Parse("00000000-0000-7000-8000-00000000000b"));

    static readonly Allocation.Place Amsterdam = new(Guid.Parse("00000000-0000-7000-8000-000000000001"), 5, "NL", "1012 AB"),
        Haarlem = new(Guid.Parse("00000000-0000-7000-8000-000000000002"), 9, "NL", "2011"), Berlin = new(Guid.Parse("00000000-0000-7000-8000-000000000003"), 1, "DE", "10115"),
        Nowhere = new(Guid.Parse("00000000-0000-7000-8000-000000000004"), 0, null, null);

    static string Names(IEnumerable<Allocation.Take> takes) => string.Join(' ', takes.Select(t => $"{(t.VariantId == A ? 'A' : 'B')}{t.LocationId.ToString()[^1]}x{t.Quantity}"));

    static Allocation.Shelf[] Shelves(int each) => [.. new[] { Amsterdam, Haarlem, Berlin, Nowhere }.Select(place => new Allocation.Shelf(A, place, each))];

    [Theory]
    [InlineData("priority", 1, "NL", "1012", "A4x1")]
    [InlineData("priority", 7, "NL", "1012", "A4x3 A3x3 A1x1")]
    [InlineData("nearest", 1, "NL", "1019 ZZ", "A1x1")]
    [InlineData("nearest", 1, "NL", "2013 aa", "A2x1")]
    [InlineData("nearest", 7, "NL", "2013", "A2x3 A1x3 A4x1")]
    [InlineData("nearest", 1, "NL", null, "A1x1")]
    [InlineData("nearest", 4, "DE", "10115", "A3x3 A4x1")]
    [InlineData("nearest", 1, "FR", "10115", "A4x1")]
    [InlineData("nearest", 1, null, null, "A4x1")]
    [InlineData("nearest", 13, "NL", "1012", "")]
    public void Empties_places_in_the_order_of_the_rule(string rule, int quantity, string? country, string? postalCode, string takes) =>
        Assert.Equal(takes, Names(Allocation.Of(rule).Allocate([new(A, quantity)], Shelves(3), country, postalCode)));

    [Fact]
    public void A_wish_that_cannot_be_met_is_left_out_and_the_other_is_not() =>
        Assert.Equal("B1x2", Names(Allocation.Of("priority").Allocate([new(A, 4), new(B, 2)], [new(A, Amsterdam, 3), new(B, Amsterdam, 3)], null, null)));
}
