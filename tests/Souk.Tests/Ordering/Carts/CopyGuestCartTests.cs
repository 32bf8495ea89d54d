using Microsoft.Extensions.DependencyInjection;
using Souk.Contracts;
using Souk.Ordering;
using Souk.Ordering.Carts;
using Souk.Ordering.Guests;
using Souk.Platform;
using Souk.Platform.Ids;
using Souk.Tests.Identity;

namespace Souk.Tests.Ordering.Carts;

public sealed class CopyGuestCartTests(CartShop shop) : IClassFixture<CartShop>
{
    const string Patch = """
        {"email": "guest@example.com", "shippingAddress": {"name": "G", "line1": "1", "city": "C", "country": "NL"}, "billingAddress": {"name": "B", "line1": "2", "city": "D", "country": "BE"}}
        """;

    [Fact]
    public async Task The_account_gets_all_of_the_cart_under_its_own_key_and_the_guests_cart_stays()
    {
        var (guest, anna) = (await shop.NewCartAsync((shop.Variants[1], 2), (shop.Variants[0], 3)), await shop.NewPerson());
        var before = await (await guest.Patch(Patch)).Ok();

        var copy = Owned(anna, await CopyAsync(guest.Token, anna));

        Assert.Equal(before.ToString(), (await guest.Read()).ToString());
        Assert.True(Tokens.TryRead(GuestTokens.Cart, guest.Token, out var guestId, out _));
        await People.EraseAsync(guestId);
        var read = await copy.Read();
        Assert.Equal(before.Lines(), read.Lines());
        Assert.Equal((1, "guest@example.com", "G", "B"), (read.Version(), read.Text("email"), read.GetProperty("shippingAddress").Text("name"), read.GetProperty("billingAddress").Text("name")));
        await (await copy.PutLine(shop.Variants[2], 1)).Ok();
    }

    [Fact]
    public async Task Signing_in_again_at_the_same_time_or_later_finds_the_first_copy()
    {
        var (guest, anna, ben) = (await shop.NewCartAsync((shop.Variants[0], 1)), await shop.NewPerson(), await shop.NewPerson());

        var copies = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => CopyAsync(guest.Token, anna)));
        var copy = Owned(anna, Assert.Single(copies.Distinct()));
        await (await copy.DeleteLine(shop.Variants[0])).Ok();
        await (await guest.PutLine(shop.Variants[1], 1)).Ok();

        Assert.Equal(copies[0], await CopyAsync(guest.Token, anna));
        Assert.Empty((await copy.Read()).Lines());
        Assert.Single((await (await anna.Http.GetAsync("/v1/carts")).Body()).GetProperty("items").EnumerateArray());
        // Somebody else at the same device gets a copy of their own.
        var bens = Owned(ben, await CopyAsync(guest.Token, ben));
        Assert.NotEqual(copy.Id, bens.Id);
        Assert.Equal(2, (await bens.Read()).Lines().Count);
    }

    [Fact]
    public async Task What_was_bought_already_is_not_copied()
    {
        var (guest, anna, ben) = (await shop.NewCartAsync((shop.Variants[0], 1)), await shop.NewPerson(), await shop.NewPerson());
        await shop.OrderAsync(Owned(anna, await CopyAsync(guest.Token, anna)));
        Assert.Null(await CopyAsync(guest.Token, anna));

        await shop.OrderAsync(guest);
        Assert.Null(await CopyAsync(guest.Token, ben));
    }

    [Fact]
    public async Task A_token_of_no_cart_with_lines_copies_nothing()
    {
        var (empty, anna) = (await shop.NewCartAsync(), await shop.NewPerson());
        string?[] useless = [null, "", "x", new('A', 64), empty.Token, Tokens.Make(GuestTokens.Cart, Guid.NewGuid(), Guid.NewGuid()),
            Tokens.Make(GuestTokens.Order, Guid.NewGuid(), Guid.NewGuid())];
        foreach (var token in useless) Assert.Null(await CopyAsync(token, anna));
        Assert.Empty((await (await anna.Http.GetAsync("/v1/carts")).Body()).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Erased_people_get_nothing_and_give_their_lines_only()
    {
        var (guest, anna, ben) = (await shop.NewCartAsync((shop.Variants[0], 1)), await shop.NewPerson(), await shop.NewPerson());
        await (await guest.Patch(Patch)).Ok();
        await People.EraseAsync(Account(ben));
        Assert.Null(await CopyAsync(guest.Token, ben));

        Assert.True(Tokens.TryRead(GuestTokens.Cart, guest.Token, out var guestId, out _));
        await People.EraseAsync(guestId);
        var read = await Owned(anna, await CopyAsync(guest.Token, anna)).Read();
        Assert.Equal((1, false, false), (read.Lines().Count, read.Has("email"), read.Has("shippingAddress")));
    }

    [Fact]
    public void The_id_of_a_copy_is_as_old_as_the_guests_cart_and_follows_from_both()
    {
        var (cart, account) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var id = CopyGuestCart.IdOf(cart, account).Value;

        Assert.Equal(id, CopyGuestCart.IdOf(cart, account).Value);
        Assert.Equal((7, cart.ToString("n")[..12]), (id.Version, id.ToString("n")[..12]));
        Assert.InRange(id.Variant, 8, 11);
        Assert.Equal(4, new[] { cart, id, CopyGuestCart.IdOf(cart, Guid.CreateVersion7()).Value, CopyGuestCart.IdOf(account, cart).Value }.Distinct().Count());
    }

    GuestTokens Tokens => shop.App.Services.GetRequiredService<GuestTokens>();
    PersonalData People => shop.App.Services.GetRequiredService<PersonalData>();

    Task<Id<CartKind>?> CopyAsync(string? token, Person to) => CopyGuestCart.RunAsync(token, Account(to), shop.App.Services.GetRequiredService<CartStore>(), shop.Db, People, Tokens,
        OrderingOptions.Read(shop.App.Configuration), shop.Clock, CancellationToken.None);

    static Guid Account(Person person) => Id<AccountKind>.TryRead(person.Id, out var id) ? id.Value : throw new ArgumentException(person.Id);

    static OwnCart Owned(Person owner, Id<CartKind>? cart) => new(owner.Http, Assert.NotNull(cart).ToString(), null);
}
