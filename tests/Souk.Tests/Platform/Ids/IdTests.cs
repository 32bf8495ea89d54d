using System.Text.Json;
using Souk.Contracts;
using Souk.Platform.Ids;

namespace Souk.Tests.Platform.Ids;

public sealed class IdTests
{
    [Fact]
    public void Survives_being_printed_and_read()
    {
        var id = Id<OrderKind>.New(TimeProvider.System);
        Assert.True(Id<OrderKind>.TryRead(id.ToString(), out var read));
        Assert.Equal(id, read);
        Assert.Matches("^ord_[0-9a-hjkmnp-tv-z]{26}$", id.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("ord_")]
    [InlineData("cart_00000000000000000000000001")]      // another kind
    [InlineData("ord_0000000000000000000000000")]         // one short
    [InlineData("ord_000000000000000000000000011")]       // one long
    [InlineData("ord_80000000000000000000000000")]        // 129 bits
    [InlineData("ord_0000000000000000000000000l")]        // not in the alphabet
    [InlineData("ORD_00000000000000000000000001")]
    public void Reads_nothing_else(string text) => Assert.False(Id<OrderKind>.TryRead(text, out _));

    [Fact]
    public void Sorts_as_text_as_it_sorts_as_uuid()
    {
        var ids = Enumerable.Range(0, 200).Select(_ => new Id<OrderKind>(Guid.NewGuid())).ToList();
        Assert.Equal(ids.Order().Select(id => id.ToString()), ids.Select(id => id.ToString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Of_another_kind_in_a_body_is_malformed() =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Id<OrderKind>>("\"cart_00000000000000000000000001\"", Souk.Platform.Http.Json.Options));
}
