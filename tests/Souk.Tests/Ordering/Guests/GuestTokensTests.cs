using Souk.Ordering.Guests;
using Souk.Platform;
using Souk.Tests.Platform;

namespace Souk.Tests.Ordering.Guests;

public sealed class GuestTokensTests
{
    readonly GuestTokens tokens = new(MasterKeys.Parse(MasterKeysTests.Text(["1"], ["1"]), "test"));
    readonly Guid customer = Guid.NewGuid(), resource = Guid.NewGuid();

    [Fact]
    public void Tells_customer_and_resource_to_the_purpose_it_was_made_for_alone()
    {
        var token = tokens.Make(GuestTokens.Cart, customer, resource);

        Assert.True(tokens.TryRead(GuestTokens.Cart, token, out var readCustomer, out var readResource));
        Assert.Equal((customer, resource), (readCustomer, readResource));
        Assert.False(tokens.TryRead(GuestTokens.Order, token, out readCustomer, out readResource));
        Assert.Equal((Guid.Empty, Guid.Empty), (readCustomer, readResource));
        Assert.Matches("^[A-Za-z0-9_-]{64}$", token);
    }

    [Fact]
    public void Any_other_bit_is_another_token()
    {
        var bytes = System.Buffers.Text.Base64Url.DecodeFromChars(tokens.Make(GuestTokens.Cart, customer, resource));
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] flipped = [.. bytes];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(tokens.TryRead(GuestTokens.Cart, System.Buffers.Text.Base64Url.EncodeToString(flipped), out _, out _), $"bit {bit}");
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("                                                                ")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA AAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAé")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_the_shop_did_not_make_is_no_token(string? token)
    {
        Assert.False(tokens.TryRead(GuestTokens.Cart, token, out _, out _));
        // Nor does white space around a real one make another spelling of it.
        Assert.False(tokens.TryRead(GuestTokens.Cart, tokens.Make(GuestTokens.Cart, customer, resource) + " ", out _, out _));
    }

    [Fact]
    public void Other_keys_make_other_tokens()
    {
        var others = new GuestTokens(MasterKeys.Parse(MasterKeysTests.Text(["1"], ["1"])
            .Replace(Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData("root"u8)), Convert.ToBase64String(new byte[32])), "test"));
        Assert.False(others.TryRead(GuestTokens.Cart, tokens.Make(GuestTokens.Cart, customer, resource), out _, out _));
    }
}
