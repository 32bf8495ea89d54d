using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Souk.Platform;

namespace Souk.Tests.Platform;

public sealed class MasterKeysTests : IDisposable
{
    readonly ScratchFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Master keys with these versions; a version of a kind is the same key in every text.</summary>
    public static string Text(string[] keyEncryption, string[] blindIndex)
    {
        return $$"""
            { "rootSecret": "{{Key("root")}}",
              "keyEncryptionKeys": { {{All("kek", keyEncryption)}} },
              "blindIndexKeys": { {{All("blind", blindIndex)}} } }
            """;

        static string All(string kind, string[] versions) =>
            string.Join(", ", versions.Select(version => $"\"{version}\": \"{Key(kind + version)}\""));
        static string Key(string name) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
    }

    [Fact]
    public async Task Sixteen_that_start_together_share_one_file_of_their_owner_alone()
    {
        var secrets = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Factory.StartNew(
            () => MasterKeys.LoadOrCreate(folder.Path).Derive("x"),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        Assert.Single(secrets.Select(Convert.ToHexString).Distinct());
        Assert.Equal(["keys.lock", "master.keys"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());
        if (OperatingSystem.IsWindows()) return;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder["master.keys"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder.Path));
    }

    [Fact]
    public async Task Missing_beside_peoples_keys_they_are_never_made_anew()
    {
        using (var store = new FileKeyStore(folder.Path))
        {
            MasterKeys.LoadOrCreate(folder.Path);
            await store.PutIfAbsentAsync(Guid.CreateVersion7(), new byte[62], default);
        }
        File.Delete(folder["master.keys"]);

        var refusal = Assert.Throws<KeysRefusedException>(() => MasterKeys.LoadOrCreate(folder.Path));

        Assert.Contains("Restore master.keys", refusal.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["master.keys"]));
    }

    [Theory]
    [InlineData("master.keys", "chmod 600")]
    [InlineData("", "chmod 700")]
    public void What_other_users_can_read_is_refused_with_the_command_that_mends_it(string file, string command)
    {
        if (OperatingSystem.IsWindows()) return;
        MasterKeys.LoadOrCreate(folder.Path);
        var path = Path.TrimEndingDirectorySeparator(folder[file]);
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.GroupRead);

        var refusal = Assert.Throws<KeysRefusedException>(() => MasterKeys.LoadOrCreate(folder.Path));

        Assert.Contains($"{command} '{path}'", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("c2VjcmV0")]
    [InlineData("""{ "rootSecret": "c2VjcmV0" }""")]
    [InlineData("""{ "rootSecret": "RyHhaUuX9d0OrvS+Kwr4Cg8Jk1oH5/VKYQoZ2gTn1YI=" }""")]
    [InlineData("""{ "rootSecret": "RyHhaUuX9d0OrvS+Kwr4Cg8Jk1oH5/VKYQoZ2gTn1YI=", "keyEncryptionKeys": {} }""")]
    [InlineData("""{ "rootSecret": "RyHhaUuX9d0OrvS+Kwr4Cg8Jk1oH5/VKYQoZ2gTn1YI=", "keyEncryptionKeys": { "1": null } }""")]
    [InlineData("""{ "rootSecret": "RyHhaUuX9d0OrvS+Kwr4Cg8Jk1oH5/VKYQoZ2gTn1YI=", "keyEncryptionKeys": { "1": c2VjcmV0 } }""")]
    public void A_text_that_holds_no_keys_is_refused_without_repeating_it(string text)
    {
        var refusal = Assert.Throws<KeysRefusedException>(() => MasterKeys.Parse(text, "SOUK_MASTER_KEY"));

        Assert.Contains("SOUK_MASTER_KEY", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", refusal.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("RyHhaUuX", refusal.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("256")]
    [InlineData("-1")]
    [InlineData("01")]
    [InlineData("one")]
    public void A_version_outside_1_to_255_is_refused(string version) =>
        Assert.Throws<KeysRefusedException>(() => MasterKeys.Parse(Text([version], ["1"]), "The test"));

    [Fact]
    public async Task After_a_key_change_old_people_stay_readable_and_new_ones_are_wrapped_under_the_new_key()
    {
        var (store, ada, bob) = (new MemoryKeyStore(), Guid.CreateVersion7(), Guid.CreateVersion7());
        var cipher = await Shop(["1"]).ProtectAsync(ada, "c", "ada");

        var changed = Shop(["1", "10", "9"]);
        await changed.ProtectAsync(bob, "c", "bob");

        Assert.Equal("ada", await changed.RevealAsync(ada, "c", cipher));
        Assert.Equal(10, (await store.GetAsync(bob, default))!.Wrapped![1]);
        var refusal = await Assert.ThrowsAsync<CryptographicException>(async () => await Shop(["9", "10"]).RevealAsync(ada, "c", cipher));
        Assert.Contains("key-encryption key 1", refusal.Message, StringComparison.Ordinal);

        PersonalData Shop(string[] versions) => new(store, MasterKeys.Parse(Text(versions, ["1"]), "The test"), TimeProvider.System);
    }

    [Fact]
    public void A_derived_secret_belongs_to_its_purpose_and_stays_over_a_key_change()
    {
        var before = MasterKeys.Parse(Text(["1"], ["1"]), "The test");
        var after = MasterKeys.Parse(Text(["1", "2"], ["1", "2"]), "The test");

        Assert.Equal(32, before.Derive("cursor").Length);
        Assert.Equal(before.Derive("cursor"), after.Derive("cursor"));
        Assert.NotEqual(before.Derive("cursor"), before.Derive("cart-token"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_registered_shop_reads_after_a_restart_what_it_wrote(bool configured)
    {
        var options = new PersonalDataOptions { KeysFolder = folder.Path, MasterKeys = configured ? Text(["1"], ["1"]) : null };
        var ada = Guid.CreateVersion7();
        byte[] cipher;
        await using (var first = new ServiceCollection().AddPersonalData(options).BuildServiceProvider())
            cipher = await first.GetRequiredService<PersonalData>().ProtectAsync(ada, "c", "ada");

        await using var second = new ServiceCollection().AddPersonalData(options).BuildServiceProvider();

        Assert.Equal("ada", await second.GetRequiredService<PersonalData>().RevealAsync(ada, "c", cipher));
        Assert.Equal(!configured, File.Exists(folder["master.keys"]));
    }
}
