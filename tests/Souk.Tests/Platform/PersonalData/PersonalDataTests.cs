using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using Souk.Platform;

namespace Souk.Tests.Platform;

public sealed class PersonalDataTests
{
    const string Email = "identity.accounts.email", Name = "identity.accounts.name";

    readonly MemoryKeyStore store = new();
    readonly FakeTimeProvider clock = new();
    readonly Guid ada = Guid.CreateVersion7(), bob = Guid.CreateVersion7();
    readonly PersonalData data;

    public PersonalDataTests() => data = Process();

    /// <summary>Another process of the same shop: same store and master keys, memory of its own.</summary>
    PersonalData Process(int keyCacheMax = PersonalData.KeyCacheDefault, string? masterKeys = null) =>
        new(store, MasterKeys.Parse(masterKeys ?? MasterKeysTests.Text(["1"], ["1"]), "The test"), clock, keyCacheMax);

    [Theory]
    [InlineData("")]
    [InlineData("ada@example.com")]
    [InlineData("Ада Лавлейс")]
    [InlineData("エイダ・ラブレス")]
    [InlineData("عايدة")]
    [InlineData("👩🏽‍💻 e\u0301 \0 '; DROP TABLE")]
    public async Task What_was_protected_is_revealed_in_any_script(string plain)
    {
        var cipher = await data.ProtectAsync(ada, Name, plain);

        Assert.Equal(plain, await data.RevealAsync(ada, Name, cipher));
        Assert.Equal(plain, await Process().RevealAsync(ada, Name, cipher));
    }

    [Fact]
    public async Task Bytes_and_structures_are_revealed_as_they_were()
    {
        var address = new Address("Ada Lovelace", ["St James's Square 12", "London"], "SW1Y 4JH");
        var bytes = RandomNumberGenerator.GetBytes(PersonalData.PlainBytesMax);

        var json = await data.ProtectJsonAsync(ada, "ordering.orders.address", address);
        var raw = await data.ProtectAsync(ada, "identity.accounts.photo", bytes);

        var revealed = await data.RevealJsonAsync<Address>(ada, "ordering.orders.address", json);
        Assert.Equal((address.Name, address.Postcode), (revealed!.Name, revealed.Postcode));
        Assert.Equal(address.Lines, revealed.Lines);
        Assert.Equal(bytes, await data.RevealBytesAsync(ada, "identity.accounts.photo", raw));
    }

    [Fact]
    public async Task Equal_values_look_different_for_two_people_and_for_one_person_twice()
    {
        var ciphers = new[]
        {
            await data.ProtectAsync(ada, Email, "same@example.com"),
            await data.ProtectAsync(ada, Email, "same@example.com"),
            await data.ProtectAsync(bob, Email, "same@example.com"),
        };

        Assert.Equal(3, ciphers.Select(Convert.ToHexString).Distinct().Count());
        Assert.All(ciphers, cipher => Assert.True(cipher.AsSpan().IndexOf("same"u8) < 0));
    }

    [Fact]
    public async Task An_altered_byte_or_length_is_refused_wherever_it_is()
    {
        var cipher = await data.ProtectAsync(ada, Email, "ada@example.com");

        for (var i = 0; i < cipher.Length; i++)
        {
            byte[] altered = [.. cipher];
            altered[i] ^= 1;
            await Refused(ada, Email, altered);
            await Refused(ada, Email, cipher[..i]);
        }
        await Refused(ada, Email, [.. cipher, 0]);
    }

    [Fact]
    public async Task A_value_in_another_column_or_row_is_refused()
    {
        var cipher = await data.ProtectAsync(ada, Email, "ada@example.com");
        await data.ProtectAsync(bob, Email, "bob@example.com");

        await Refused(ada, Name, cipher);
        await Refused(bob, Email, cipher);
        await Refused(Guid.CreateVersion7(), Email, cipher);
    }

    [Fact]
    public async Task A_wrapped_key_under_another_persons_id_is_refused()
    {
        var cipher = await data.ProtectAsync(ada, Email, "ada@example.com");
        var adasKey = await store.GetAsync(ada, default);
        await store.PutIfAbsentAsync(bob, adasKey!.Wrapped!, default);

        await Refused(bob, Email, cipher);
    }

    [Fact]
    public async Task An_erased_person_is_null_and_nothing_can_be_stored_for_them_again()
    {
        var cipher = await data.ProtectAsync(ada, Email, "ada@example.com");
        var others = await data.ProtectAsync(bob, Email, "bob@example.com");

        await data.EraseAsync(ada);
        await data.EraseAsync(ada);

        foreach (var process in new[] { data, Process() })
        {
            Assert.Null(await process.RevealAsync(ada, Email, cipher));
            Assert.Null(await process.RevealJsonAsync<Address>(ada, Email, cipher));
            var refusal = await Assert.ThrowsAsync<PersonErasedException>(
                async () => await process.ProtectAsync(ada, Email, "ada@example.com"));
            Assert.Equal(ada, refusal.PersonId);
            Assert.Equal("bob@example.com", await process.RevealAsync(bob, Email, others));
        }
    }

    [Fact]
    public async Task A_person_erased_before_their_first_use_stays_erased()
    {
        await data.EraseAsync(ada);

        await Assert.ThrowsAsync<PersonErasedException>(async () => await data.ProtectAsync(ada, Email, "x"));
    }

    [Fact]
    public async Task Sixty_four_first_uses_at_once_in_two_processes_share_one_key()
    {
        var other = Process();
        var ciphers = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => Task.Run(async () =>
            await (i % 2 == 0 ? data : other).ProtectAsync(ada, Email, $"value {i}"))));

        var reader = Process();
        for (var i = 0; i < ciphers.Length; i++)
            Assert.Equal($"value {i}", await reader.RevealAsync(ada, Email, ciphers[i]));
    }

    [Fact]
    public async Task Another_process_forgets_an_erased_person_within_the_age_of_its_cache()
    {
        var other = Process();
        var cipher = await other.ProtectAsync(ada, Email, "ada@example.com");
        await data.EraseAsync(ada);

        clock.Advance(TimeSpan.FromSeconds(PersonalData.KeyCacheSecondsMax));

        Assert.Null(await other.RevealAsync(ada, Email, cipher));
    }

    [Fact]
    public async Task A_key_is_read_once_while_it_is_fresh_and_again_when_others_pushed_it_out()
    {
        var small = Process(keyCacheMax: 2);
        var carol = Guid.CreateVersion7();
        foreach (var person in new[] { ada, bob, ada }) await small.ProtectAsync(person, Email, "x");
        Assert.Equal(2, store.Reads);

        await small.ProtectAsync(carol, Email, "x");
        await small.ProtectAsync(ada, Email, "x");
        Assert.Equal(3, store.Reads);

        await small.ProtectAsync(bob, Email, "x");
        Assert.Equal(4, store.Reads);
    }

    /// <summary>A zeroed slot in use would still encrypt, under a key that everybody knows.</summary>
    [Fact]
    public async Task Keys_pushed_out_while_in_use_never_encrypt_under_anything_else()
    {
        var small = Process(keyCacheMax: 2);
        var people = Enumerable.Range(0, 8).Select(_ => Guid.CreateVersion7()).ToArray();

        var ciphers = await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            var made = new List<(Guid Person, byte[] Cipher)>();
            for (var i = 0; i < 200; i++)
            {
                var person = people[(worker + i) % people.Length];
                made.Add((person, await small.ProtectAsync(person, Email, "x")));
            }
            return made;
        })));

        var reader = Process();
        foreach (var (person, cipher) in ciphers.SelectMany(c => c))
            Assert.Equal("x", await reader.RevealAsync(person, Email, cipher));
    }

    [Fact]
    public void A_key_read_before_an_erasure_is_not_kept_after_it()
    {
        var cache = new KeyCache(keysMax: 2, TimeSpan.FromMinutes(1), clock);
        var key = new byte[32];

        var reading = cache.StartReading();
        cache.Erase(ada);
        cache.Add(ada, key, reading);

        Assert.False(cache.TryCopy(ada, key));
    }

    [Fact]
    public void A_blind_index_is_equal_for_equal_values_and_unlike_for_other_values_and_purposes()
    {
        var index = data.BlindIndex(Email, "ada@example.com");

        Assert.Equal(PersonalData.BlindIndexBytes, index.Length);
        Assert.Equal(index, Process().BlindIndex(Email, "ada@example.com"));
        Assert.NotEqual(index, data.BlindIndex(Email, "bob@example.com"));
        Assert.NotEqual(index, data.BlindIndex(Name, "ada@example.com"));
        Assert.NotEqual(data.BlindIndex("a", "bc"), data.BlindIndex("ab", "c"));
        Assert.Throws<ArgumentException>(() => data.BlindIndex("a\0b", "c"));
    }

    [Fact]
    public void During_a_key_change_a_look_up_finds_the_old_index_and_new_rows_get_the_new_one()
    {
        var changed = Process(masterKeys: MasterKeysTests.Text(["1"], ["1", "2"]));

        var old = data.BlindIndex(Email, "ada@example.com");
        var both = changed.BlindIndexes(Email, "ada@example.com");

        Assert.Equal([2, 1], both.Select(index => index[0]));
        Assert.Equal(old, both[1]);
        Assert.Equal(both[0], changed.BlindIndex(Email, "ada@example.com"));
        Assert.NotEqual(old[1..], both[0][1..]);
    }

    [Fact]
    public async Task What_is_no_value_for_a_person_is_refused()
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await data.ProtectAsync(Guid.Empty, Email, "x"));
        await Assert.ThrowsAsync<ArgumentException>(async () => await data.ProtectAsync(ada, "", "x"));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await data.ProtectAsync(ada, Email, new string('x', PersonalData.PlainBytesMax + 1)));
    }

    /// <summary>Made with OpenSSL's AES-GCM, HMAC and HKDF by another program: what is on disk today stays readable.</summary>
    [Fact]
    public async Task Format_1_is_what_it_was_and_what_others_compute()
    {
        var person = Guid.Parse("0190a0b0-c0d0-7400-82f0-112233445566");
        var wrapped = Convert.FromHexString(
            "010155555555555555555555555599fba1342b169be1c59a0b62a93c40026bbe8f2e8cf85c8e4cc39b3412e14cda105d50e8f7ee3264344c2b5f81d6c499");
        var cipher = Convert.FromHexString(
            "0166666666666666666666666622e054a0c774add907d1e6724127af278bf79b8266b3f8324a0fe5739d332f");
        var json = $$"""
            { "rootSecret": "{{Filled(0x22)}}", "keyEncryptionKeys": { "1": "{{Filled(0x11)}}" }, "blindIndexKeys": { "1": "{{Filled(0x33)}}" } }
            """;
        await store.PutIfAbsentAsync(person, wrapped, default);
        var made = Process(masterKeys: json);

        Assert.Equal("ada@example.com", await made.RevealAsync(person, Email, cipher));
        Assert.Equal("01b23e8cfb2d2a58b3988e10331f1ca07f", Convert.ToHexStringLower(made.BlindIndex(Email, "ada@example.com")));
        Assert.Equal("aaf2afd57b1656844adc86b8bca163c0a9ce0c680cb95552e1dd9b4efad27fe5",
            Convert.ToHexStringLower(MasterKeys.Parse(json, "The test").Derive("cursor")));

        static string Filled(byte with) => Convert.ToBase64String(Enumerable.Repeat(with, 32).ToArray());
    }

    async Task Refused(Guid person, string column, byte[] cipher) =>
        await Assert.ThrowsAnyAsync<CryptographicException>(async () => await data.RevealAsync(person, column, cipher));

    sealed record Address(string Name, string[] Lines, string Postcode);
}
