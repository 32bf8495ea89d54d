using System.Security.Cryptography;
using System.Text;
using Souk.Platform;

namespace Souk.Tests.Platform;

/// <summary>Two stores on one folder stand for two processes: file locks and reads know no difference.</summary>
public sealed class FileKeyStoreTests : IDisposable
{
    const int RecordBytes = 128;

    readonly ScratchFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_key_is_there_after_a_restart_and_a_destroyed_one_is_not()
    {
        var (ada, bob, carol) = (Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());
        var key = NewKey();
        using (var store = Open())
        {
            await store.PutIfAbsentAsync(ada, key, default);
            await store.PutIfAbsentAsync(bob, NewKey(), default);
            await store.DestroyAsync(bob, default);
        }

        using var again = Open();
        Assert.Equal(key, (await again.GetAsync(ada, default))!.Wrapped);
        Assert.Equal(StoredKey.Destroyed, await again.GetAsync(bob, default));
        Assert.Null(await again.GetAsync(carol, default));
    }

    [Fact]
    public async Task Sixty_four_rivals_in_two_processes_get_one_key()
    {
        var ada = Guid.CreateVersion7();
        using FileKeyStore here = Open(), there = Open();

        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => Task.Run(async () =>
            await (i % 2 == 0 ? here : there).PutIfAbsentAsync(ada, NewKey(), default))));

        Assert.Single(answers.Select(answer => Convert.ToHexString(answer.Wrapped!)).Distinct());
    }

    [Fact]
    public async Task A_thousand_people_of_two_processes_at_once_are_all_there_after_a_restart()
    {
        var people = Enumerable.Range(0, 1_000).Select(_ => (Id: Guid.CreateVersion7(), Key: NewKey())).ToArray();
        using (FileKeyStore here = Open(), there = Open())
            await Task.WhenAll(people.Select((person, i) =>
                (i % 2 == 0 ? here : there).PutIfAbsentAsync(person.Id, person.Key, default).AsTask()));

        using var again = Open();
        foreach (var (id, key) in people)
            Assert.Equal(key, (await again.GetAsync(id, default))!.Wrapped);
    }

    [Fact]
    public async Task Two_processes_see_each_others_keys_and_destructions_at_once()
    {
        var ada = Guid.CreateVersion7();
        using FileKeyStore here = Open(), there = Open();

        var key = (await here.PutIfAbsentAsync(ada, NewKey(), default)).Wrapped;
        Assert.Equal(key, (await there.GetAsync(ada, default))!.Wrapped);

        await there.DestroyAsync(ada, default);
        Assert.Equal(StoredKey.Destroyed, await here.GetAsync(ada, default));
        Assert.Equal(StoredKey.Destroyed, await here.PutIfAbsentAsync(ada, NewKey(), default));
    }

    [Fact]
    public async Task Rivals_that_use_and_destroy_one_person_leave_a_tombstone()
    {
        var ada = Guid.CreateVersion7();
        using FileKeyStore here = Open(), there = Open();

        await Task.WhenAll(Enumerable.Range(0, 32).Select(i => Task.Run(async () =>
        {
            var store = i % 2 == 0 ? here : there;
            await store.PutIfAbsentAsync(ada, NewKey(), default);
            await store.DestroyAsync(ada, default);
            Assert.Equal(StoredKey.Destroyed, await store.GetAsync(ada, default));
        })));

        Assert.Equal(2 * RecordBytes, new FileInfo(People).Length);
    }

    [Fact]
    public async Task A_destroyed_key_is_gone_from_the_file()
    {
        var (ada, key) = (Guid.CreateVersion7(), NewKey());
        using var store = Open();
        await store.PutIfAbsentAsync(ada, key, default);
        Assert.True(folder.Bytes.AsSpan().IndexOf(key) >= 0);

        await store.DestroyAsync(ada, default);

        Assert.True(folder.Bytes.AsSpan().IndexOf(key.AsSpan(0, 8)) < 0);
    }

    [Fact]
    public async Task Nothing_personal_is_ever_in_the_folder()
    {
        const string planted = "ada.lovelace@example.com";
        using var store = Open();
        var data = new PersonalData(store, MasterKeys.LoadOrCreate(folder.Path), TimeProvider.System);

        var cipher = await data.ProtectAsync(Guid.CreateVersion7(), "identity.accounts.email", planted);
        var index = data.BlindIndex("identity.accounts.email", planted);

        foreach (var bytes in new[] { folder.Bytes, cipher, index })
            Assert.True(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(planted)) < 0);
    }

    /// <summary>What a killed writer or a power cut may leave behind the last record that somebody was told of.</summary>
    public static TheoryData<string, byte[]> TornTails => new()
    {
        { "part of a record", [1, 1, 0, 62, 9] },
        { "a blank record", new byte[RecordBytes] },
        { "a broken record", Broken() },
        { "a broken record, a blank one and a part", [.. Broken(), .. new byte[RecordBytes], 1] },
    };

    [Theory]
    [MemberData(nameof(TornTails))]
    public async Task A_torn_tail_is_overwritten_whoever_finds_it(string what, byte[] tail)
    {
        Assert.NotEmpty(what);
        var (ada, bob, carol) = (Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());
        using var running = Open();
        await running.PutIfAbsentAsync(ada, NewKey(), default);

        Append(tail);
        Assert.Null(await running.GetAsync(bob, default));
        await running.PutIfAbsentAsync(bob, NewKey(), default);
        Append(tail);
        using var started = Open();
        await started.PutIfAbsentAsync(carol, NewKey(), default);

        foreach (var person in new[] { ada, bob, carol })
            Assert.Equal(await running.GetAsync(person, default) is { } key ? key.Wrapped : [], (await started.GetAsync(person, default))!.Wrapped);
        Assert.Equal(4 * RecordBytes, new FileInfo(People).Length);
    }

    [Fact]
    public async Task A_page_that_a_power_cut_left_blank_is_passed_over()
    {
        var people = await ThreePeople();
        Patch(2 * RecordBytes, new byte[RecordBytes]);

        using var store = Open();

        Assert.NotNull((await store.GetAsync(people[0], default))!.Wrapped);
        Assert.Null(await store.GetAsync(people[1], default));
        Assert.NotNull((await store.GetAsync(people[2], default))!.Wrapped);
    }

    [Fact]
    public async Task A_damaged_record_is_refused_and_named()
    {
        await ThreePeople();
        Patch(2 * RecordBytes + 40, [0xFF]);

        var refusal = Assert.Throws<KeysRefusedException>(Open);

        Assert.Contains($"damaged at byte {2 * RecordBytes}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_damaged_while_running_fails_its_person_alone()
    {
        var (ada, bob) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        using var store = Open();
        await store.PutIfAbsentAsync(ada, NewKey(), default);
        Patch(RecordBytes + 40, [0xFF]);

        var looks = Enumerable.Range(0, 8).Select(_ => store.GetAsync(ada, default).AsTask()).ToList();
        var put = store.PutIfAbsentAsync(bob, NewKey(), default);

        foreach (var look in looks) await Assert.ThrowsAsync<KeysRefusedException>(() => look);
        Assert.NotNull((await put).Wrapped);
    }

    [Fact]
    public void A_file_of_another_format_is_refused_and_left_alone()
    {
        Open().Dispose();
        Patch(0, "SOMETHING"u8.ToArray());

        Assert.Throws<KeysRefusedException>(Open);
        Assert.Equal("SOMETHING"u8.ToArray(), File.ReadAllBytes(People)[..9]);
    }

    [Fact]
    public async Task A_file_cut_short_while_in_use_is_refused()
    {
        using var store = Open();
        await store.PutIfAbsentAsync(Guid.CreateVersion7(), NewKey(), default);
        using (var file = File.Open(People, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) file.SetLength(RecordBytes);

        await Assert.ThrowsAsync<KeysRefusedException>(
            async () => await store.PutIfAbsentAsync(Guid.CreateVersion7(), NewKey(), default));
    }

    [Fact]
    public void A_file_that_others_can_read_is_refused()
    {
        if (OperatingSystem.IsWindows()) return;
        Open().Dispose();
        File.SetUnixFileMode(People, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        var refusal = Assert.Throws<KeysRefusedException>(Open);

        Assert.Contains("chmod 600", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_who_gives_up_waiting_leaves_the_store_whole()
    {
        var (ada, key) = (Guid.CreateVersion7(), NewKey());
        using var store = Open();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.PutIfAbsentAsync(ada, key, cancelled.Token));

        Assert.Equal(key, (await store.PutIfAbsentAsync(ada, key, default)).Wrapped);
    }

    string People => folder["people.keys"];

    FileKeyStore Open() => new(folder.Path);

    async Task<Guid[]> ThreePeople()
    {
        Guid[] people = [Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7()];
        using var store = Open();
        foreach (var person in people) await store.PutIfAbsentAsync(person, NewKey(), default);
        return people;
    }

    void Append(byte[] bytes) => Patch(new FileInfo(People).Length, bytes);

    void Patch(long at, byte[] bytes)
    {
        using var file = File.Open(People, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.Position = at;
        file.Write(bytes);
    }

    static byte[] NewKey() => RandomNumberGenerator.GetBytes(62);

    static byte[] Broken() => [.. Enumerable.Repeat((byte)7, RecordBytes)];
}
