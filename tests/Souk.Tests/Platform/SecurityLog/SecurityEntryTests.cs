using System.Net;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Souk.Platform;
using Souk.Platform.Errors;
using Souk.Platform.SecurityLog;

namespace Souk.Tests.Platform.SecurityLog;

public sealed class SecurityEntryTests
{
    static readonly DateTimeOffset Noon = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>The one encoding that every sealed entry depends on: a change of it is a new format.</summary>
    [Fact]
    public void Format_1_is_these_bytes() => Assert.Equal(
        "01" // format
        + "0100000010" + "0192F0D5E8007ABC8123456789ABCDEF" + "0100000008" + "00065F35C4CDF000" // id, at
        + "0100000007" + "7369676E5F696E" + "0100000004" + "646F6E65" // sign_in, done
        + "0100000007" + "6163636F756E74" + "0100000010" + "0192F0D5E8007ABC8123456789ABCDE0" // account and its id
        + "00" + "00" + "0100000002" + "AB00" + "0100000002" + "7B7D" + "00", // no target, an address, {}, no trace
        Convert.ToHexString(SecurityChain.Bytes(new(new("0192f0d5-e800-7abc-8123-456789abcdef"), Noon, "sign_in", "done",
            SecurityActor.Account(new("0192f0d5-e800-7abc-8123-456789abcde0")), null, [0xAB, 0x00], "{}", null))));

    [Fact]
    public void Ids_keep_the_order_of_instants_a_microsecond_apart_and_of_the_bounds_between_them()
    {
        for (var at = Noon; at < Noon.AddMilliseconds(2); at += TimeSpan.FromMicroseconds(7))
        {
            var (id, next) = (SecurityEntry.NewId(at), SecurityEntry.NewId(at.AddMicroseconds(1)));
            Assert.Equal(7, id.Version);
            Assert.True(id < next && SecurityEntry.FirstIdAt(at) < id && id < SecurityEntry.FirstIdAt(at.AddMicroseconds(1)));
        }
        Assert.Equal(SecurityEntry.FirstIdAt(DateTimeOffset.UnixEpoch), SecurityEntry.FirstIdAt(DateTimeOffset.MinValue));
        Assert.True(SecurityEntry.FirstIdAt(Noon) < SecurityEntry.FirstIdAt(DateTimeOffset.MaxValue));
    }

    [Fact]
    public async Task An_address_is_kept_under_the_key_of_the_account_concerned_and_of_nobody_else()
    {
        var (store, clock) = (new MemoryKeyStore(), new TestClock());
        var people = new PersonalData(store, LogDatabase.NewKeys(), clock);
        var entries = new SecurityEntries(people, clock);
        var http = new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse("::ffff:203.0.113.7") } };
        var (anna, bert) = (Guid.CreateVersion7(), Guid.CreateVersion7());

        var acted = await entries.MakeAsync(new SecurityNote(SecurityAct.RolesChanged, SecurityActor.Account(anna)).Of(bert), http, default);
        Assert.Equal("203.0.113.7", await people.RevealAsync(anna, SecurityEntry.AddressColumn, acted.Address!));
        var suffered = await entries.MakeAsync(new SecurityNote(SecurityAct.SignInRefused, SecurityActor.Nobody).Of(bert), http, default);
        Assert.Equal("203.0.113.7", await people.RevealAsync(bert, SecurityEntry.AddressColumn, suffered.Address!));
        Assert.Null((await entries.MakeAsync(new(SecurityAct.SignInRefused, SecurityActor.Nobody), http, default)).Address);
        Assert.Null((await entries.MakeAsync(new SecurityNote(SecurityAct.SignIn, SecurityActor.Account(anna)), null, default)).Address);
        await people.EraseAsync(anna);
        Assert.Null((await entries.MakeAsync(new SecurityNote(SecurityAct.SignIn, SecurityActor.Account(anna)), http, default)).Address);
    }

    /// <summary>Where a text can come in, the compiler wants a constant (CA1857); everything else is no text.</summary>
    [Fact]
    public void Details_take_no_text_that_was_not_written_in_the_code()
    {
        var texts = typeof(SecurityDetails).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).SelectMany(method => method.GetParameters())
            .Where(parameter => parameter.ParameterType == typeof(string) || typeof(System.Collections.IEnumerable).IsAssignableFrom(parameter.ParameterType)).ToList();
        Assert.NotEmpty(texts);
        Assert.All(texts, parameter => Assert.NotNull(parameter.GetCustomAttribute<System.Diagnostics.CodeAnalysis.ConstantExpectedAttribute>()));
        var details = new SecurityDetails().Code("kind", "totp").Flag("cookie", true).Number("count", 3).Change("staff", false, true).Problem(Error.Conflict("last_staff", "a message"));
        Assert.Equal("""{"kind":"totp","cookie":true,"count":3,"staff":{"before":false,"after":true},"problem":"last_staff"}""", details.ToString());
    }

    [Theory]
    [InlineData("usr_01234567890123456789012345", true)]
    [InlineData("loc_7zzzzzzzzzzzzzzzzzzzzzzzzz", true)]
    [InlineData("usr_81234567890123456789012345", false)]
    [InlineData("u_01234567890123456789012345", false)]
    [InlineData("USR_01234567890123456789012345", false)]
    [InlineData("us-r_01234567890123456789012345", false)]
    [InlineData("secret", false)]
    [InlineData("", false)]
    public void Only_an_id_is_read_as_one(string text, bool isOne)
    {
        Assert.Equal(isOne, SecurityId.TryRead(text, out var id));
        if (isOne) Assert.Equal(text, id.ToString());
    }

    [Fact]
    public void Codes_of_acts_are_distinct_and_fit_everywhere_they_are_written()
    {
        Assert.Equal(SecurityAct.All.Count, SecurityAct.All.Select(a => a.Code).Distinct().Count());
        Assert.All(SecurityAct.All, act => Assert.Matches("^[a-z_]{3,32}$", act.Code));
        Assert.All(SecurityAct.All, act => Assert.Same(act, SecurityAct.Of(act.Code)));
    }
}
