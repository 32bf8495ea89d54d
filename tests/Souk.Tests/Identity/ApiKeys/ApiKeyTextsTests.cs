using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Souk.Contracts;
using Souk.Identity.ApiKeys;
using Souk.Platform;
using Souk.Tests.Platform;

namespace Souk.Tests.Identity.ApiKeys;

public sealed class ApiKeyTextsTests
{
    readonly ApiKeyTexts texts = new(MasterKeys.Parse(MasterKeysTests.Text(["1"], ["1"]), "test"));

    static ApiKeySecret NewSecret() => ApiKeyTexts.New(Actor.NewApiKey(new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(60))));

    /// <summary>What a scanner for leaked secrets looks for: docs/identity.md names this form.</summary>
    [Fact]
    public void A_key_reads_as_it_was_written_and_has_the_form_that_scanners_know()
    {
        var key = NewSecret();
        var text = texts.Write(key);
        Assert.Matches("^souk_key_[0-9a-hjkmnp-tv-z]{26}_[0-9a-hjkmnp-tv-z]{64}$", text);
        Assert.Equal((key.Id, Convert.ToHexString(key.Secret)), (texts.Read(text)!.Id, Convert.ToHexString(texts.Read(text)!.Secret)));
        Assert.StartsWith(ApiKeyTexts.PrefixOf(key.Id), text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_typo_anywhere_is_no_key()
    {
        var text = texts.Write(NewSecret());
        for (var at = 0; at < text.Length; at++)
        {
            Assert.Null(texts.Read(text[..at] + (text[at] == '7' ? '5' : '7') + text[(at + 1)..]));
            Assert.Null(texts.Read(text[..at] + text[(at + 1)..]));
            if (at > 0 && text[at] != text[at - 1]) Assert.Null(texts.Read(text[..(at - 1)] + text[at] + text[at - 1] + text[(at + 1)..]));
        }
        Assert.Null(texts.Read(text.ToUpperInvariant()));
        Assert.Null(texts.Read(text + "0"));
        Assert.Null(texts.Read(""));
    }

    [Fact]
    public void A_key_of_another_shop_is_no_key_here()
    {
        var secrets = JsonNode.Parse(MasterKeysTests.Text(["1"], ["1"]))!;
        secrets["rootSecret"] = Convert.ToBase64String(new byte[32]);
        var elsewhere = new ApiKeyTexts(MasterKeys.Parse(secrets.ToJsonString(), "test"));
        Assert.Null(texts.Read(elsewhere.Write(NewSecret())));
    }

    [Fact]
    public void The_hash_is_of_the_secret_and_of_whose_it_is()
    {
        var (one, other) = (NewSecret(), NewSecret());
        Assert.NotEqual(one.Hash(), other.Hash());
        Assert.NotEqual(one.Hash(), (one with { Id = other.Id }).Hash());
    }

    [Fact]
    public void Ids_of_keys_and_of_accounts_are_told_apart_and_sort_by_age()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(60));
        var first = Actor.NewApiKey(clock);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(first.CompareTo(Actor.NewApiKey(clock)) < 0);
        var account = Souk.Platform.Ids.Id<AccountKind>.New(clock);
        Assert.Equal(first, Actor.ApiKeyOf(first.Value));
        Assert.Null(Actor.AccountOf(first.Value));
        Assert.Equal(account, Actor.AccountOf(account.Value));
        Assert.Null(Actor.ApiKeyOf(account.Value));
        Assert.True(Actor.AccountOf(null) is null && Actor.ApiKeyOf(null) is null);
    }
}
