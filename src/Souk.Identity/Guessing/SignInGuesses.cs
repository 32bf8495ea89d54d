using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Souk.Identity.Accounts;
using Souk.Platform;
using Souk.Platform.Telemetry;

namespace Souk.Identity.Guessing;

/// <summary>
/// Makes guessing passwords slow. Failures are counted by account (by e-mail, whether or not there is an account), by address range and by known device; after a few
/// the next try of that kind is taken only after 1, 2, 4, … seconds. Whoever shows the token of a device that signed in to the account before is counted by that
/// device alone, so that no stranger holds them up.
/// </summary>
/// <remarks>
/// The decision comes before the password is hashed. It costs a clean sign-in one statement in a round trip that is made anyway; a failure costs one more round trip.
/// All counts are rows: every node knows them, and a restart forgets none. Keys are keyed hashes; the table names nobody.
/// </remarks>
internal sealed class SignInGuesses(NpgsqlDataSource db, PersonalData people, MasterKeys master, DeviceTokens devices, TimeProvider clock, IdentityOptions options,
    ILogger<SignInGuesses> log)
{
    /// <summary>Failures of an account beyond it are not remembered: two days' worth at one in <see cref="AccountForgotten"/>.</summary>
    const int KeptHoursMax = 48;

    /// <summary>Known devices of one account that fail together: with many stolen tokens one guesses no faster.</summary>
    const int DevicesTriesFree = 50;

    const int KeyBytes = 16, StuffingMinutes = 10;

    /// <summary>How soon one failure is forgotten. Guessing at one account goes no faster in the long run, however many guess at once.</summary>
    static readonly TimeSpan AccountForgotten = TimeSpan.FromMinutes(15);

    /// <summary>Many people may share an address range, and some mistype.</summary>
    static readonly TimeSpan RangeForgotten = TimeSpan.FromSeconds(30);

    static readonly EventId Stuffing = new(4_101, "CredentialStuffing");

    readonly byte[] hashKey = master.Derive("identity.sign-in-failures");

    /// <summary>What is counted together.</summary>
    /// <param name="Free">So many may fail before the next one waits.</param>
    /// <param name="Forgotten">One failure is forgotten in this time.</param>
    /// <param name="Bit">Of the e-mail that was tried, for an address range; else 0.</param>
    /// <param name="IsOwn">Nobody else fails in it.</param>
    /// <param name="Row">What is known of it; null for nothing.</param>
    internal sealed record Counter(byte[] Key, int Free, TimeSpan Forgotten, long Bit = 0, bool IsOwn = false, Row? Row = null)
    {
        /// <summary>Set by the claim of this try: it is counted already.</summary>
        public bool IsClaimed { get; set; }
    }

    internal sealed record Row(byte[] Key, DateTimeOffset FailedAt, DateTimeOffset ForgottenAt, long Tried, DateTimeOffset TriedSince);

    /// <summary>One try that is taken. End it with <see cref="FailedAsync"/> or <see cref="SucceededAsync"/>.</summary>
    /// <param name="AccountId">Of the e-mail; empty when there is no such account.</param>
    internal sealed record Guess(Guid AccountId, IReadOnlyList<Counter> Counters);

    /// <summary>Finds the account of an e-mail and whether its password may be tried now; else 429 <c>sign_in_delayed</c>.</summary>
    /// <param name="deviceToken">As the client sent it; anything but a token of this account counts as none.</param>
    /// <param name="address">Where the try comes from. This machine itself says nothing of the caller: that is a proxy nobody told us of, or a test.</param>
    public async Task<Result<Guess>> BeginAsync(NpgsqlConnection connection, string email, string? deviceToken, IPAddress? address, CancellationToken cancel)
    {
        var (now, indexes, token) = (clock.GetUtcNow(), EmailAddress.Indexes(people, email), devices.Read(deviceToken));
        // An address that cannot exist has no index of its own.
        var account = Key("account", EmailAddress.Refuse(email) is null ? indexes[0] : MemoryMarshal.AsBytes(email.AsSpan()));
        var range = RangeOf(address) is { } octets ? Key("range", octets) : null;
        var (device, devicesOfAccount) = token is null ? default((byte[]?, byte[]?)) : (Key("device", token.DeviceId.ToByteArray()), Key("devices", token.AccountId.ToByteArray()));

        var accountId = Guid.Empty;
        var rows = new List<Row>();
        await using (var batch = connection.CreateBatch().Add(RegisterUser.FindClaim, Sql.Byteas(indexes)).Add(Find, Sql.Byteas(Present(account, range, device, devicesOfAccount)), now))
        await using (var reader = await batch.ExecuteReaderAsync(cancel))
        {
            if (await reader.ReadAsync(cancel)) accountId = reader.GetGuid(0);
            await reader.NextResultAsync(cancel);
            while (await reader.ReadAsync(cancel)) rows.Add(Read(reader));
        }

        List<Counter> counters = [];
        var isKnown = token is not null && token.AccountId == accountId;
        if (isKnown) counters = [new(devicesOfAccount!, DevicesTriesFree, AccountForgotten), new(device!, options.DeviceTriesFree, AccountForgotten, IsOwn: true)];
        else
        {
            if (range is not null) counters.Add(new(range, options.RangeTriesFree, RangeForgotten, Delays.BitOf(account)));
            counters.Add(new(account, options.AccountTriesFree, AccountForgotten));
        }
        counters = [.. counters.Select(c => With(c, rows, now))];
        return await RefuseAsync(connection, counters, now, cancel) is { } delayed ? delayed
            : new Guess(accountId, counters);
    }

    /// <summary>The same for whoever changes the password of the account that they are signed in to: counted by session, so that none holds up another.</summary>
    public async Task<Result<Guess>> BeginChangeAsync(Guid accountId, Guid? sessionId, CancellationToken cancel)
    {
        var (now, key) = (clock.GetUtcNow(), Key("session", (sessionId ?? accountId).ToByteArray()));
        await using var connection = await db.OpenConnectionAsync(cancel);
        var rows = await connection.QueryAsync(Find, Read, [Sql.Byteas([key]), now], cancel);
        Counter[] counters = [With(new(key, options.AccountTriesFree, AccountForgotten, IsOwn: true), rows, now)];
        return await RefuseAsync(connection, counters, now, cancel) is { } delayed ? delayed : new Guess(accountId, counters);
    }

    /// <summary>Counts a wrong password. Not undone by a caller who hangs up; all that fail at once are counted.</summary>
    public async Task FailedAsync(Guess guess)
    {
        var uncounted = guess.Counters.Where(c => !c.IsClaimed).ToList();
        if (uncounted.Count == 0) return;
        // A crash of the database may forget the last of them: nobody waits for the disk.
        var tried = await db.QueryFirstUnsyncedAsync(Count, static row => row.GetInt64(0),
            [Sql.Byteas(uncounted.Select(c => c.Key)), uncounted.Select(c => c.Forgotten.TotalSeconds).ToArray(), uncounted.Select(c => c.Bit).ToArray(), clock.GetUtcNow(),
                TimeSpan.FromHours(KeptHoursMax), TimeSpan.FromMinutes(StuffingMinutes)], CancellationToken.None);
        if (uncounted.Find(c => c.Bit != 0) is not { } range || IsStuffing(range.Row?.Tried ?? 0) || !IsStuffing(tried)) return;
        Measures.StuffingSeen();
        // The range is an address of people: its key tells whether it is the same one again, and no more.
        log.LogWarning(Stuffing, "Sign-ins with about {Emails} e-mails failed from one address range ({Range}) within {Minutes} minutes. It has to wait between tries now.",
            (int)Delays.Different(tried), Convert.ToHexStringLower(range.Key.AsSpan(0, 4)), StuffingMinutes);
    }

    /// <summary>The password was right: the device's failures are forgotten, and half of the account's, whose owner a stranger may still be after.</summary>
    public async Task SucceededAsync(Guess guess)
    {
        var counted = guess.Counters.Where(c => c.Row is not null && c.Bit == 0).ToLookup(c => c.IsOwn, c => c.Key);
        if (counted.Count > 0) await db.ExecuteAsync(Ease, [Sql.Byteas(counted[true]), Sql.Byteas(counted[false]), clock.GetUtcNow()], CancellationToken.None);
    }

    /// <summary>
    /// The longest wait of the counters, if there is one. A counter without free tries gives one try at a time: it is counted before it is made, by whoever finds the
    /// counter as it was read. It stays counted should it never come to hashing.
    /// </summary>
    async Task<Error?> RefuseAsync(NpgsqlConnection connection, IReadOnlyList<Counter> counters, DateTimeOffset now, CancellationToken cancel)
    {
        var longest = TimeSpan.FromSeconds(options.SignInDelaySecondsMax);
        var wait = counters.Max(c => c.Row is { } row
            ? row.FailedAt + Delays.After(Delays.Failures(row.ForgottenAt, row.FailedAt, c.Forgotten), c.Free, longest) - now : TimeSpan.Zero);
        if (wait > TimeSpan.Zero) return GuessingErrors.Delayed(wait);
        foreach (var counter in counters)
        {
            if (counter.Row is not { } row || Delays.Failures(row.ForgottenAt, now, counter.Forgotten) is var failures && Delays.After(failures, counter.Free, longest) == TimeSpan.Zero) continue;
            if (await connection.ExecuteAsync(Claim, [counter.Key, row.FailedAt, row.ForgottenAt, now, counter.Forgotten, TimeSpan.FromHours(KeptHoursMax)], cancel) == 0)
                return GuessingErrors.Delayed(Delays.After(failures + 1, counter.Free, longest));
            counter.IsClaimed = true;
        }
        return null;
    }

    Counter With(Counter counter, List<Row> rows, DateTimeOffset now)
    {
        if (rows.Find(r => r.Key.AsSpan().SequenceEqual(counter.Key)) is not { } row) return counter;
        if (row.TriedSince < now.AddMinutes(-StuffingMinutes)) row = row with { Tried = 0 };
        return counter with { Row = row, Free = counter.Bit != 0 && IsStuffing(row.Tried) ? 1 : counter.Free };
    }

    bool IsStuffing(long tried) => Delays.Different(tried) >= options.StuffingEmails;

    byte[] Key(string scope, ReadOnlySpan<byte> of) => Hmac([.. Encoding.ASCII.GetBytes(scope), 0, .. of])[..KeyBytes];

    byte[] Hmac(byte[] data) => HMACSHA256.HashData(hashKey, data);

    /// <summary>What one household or office has: /24 of IPv4, /64 of IPv6. Null for this machine.</summary>
    internal static byte[]? RangeOf(IPAddress? address)
    {
        if (address?.Plain() is not { } plain || IPAddress.IsLoopback(plain)) return null;
        return plain.GetAddressBytes()[..(plain.AddressFamily == AddressFamily.InterNetwork ? 3 : 8)];
    }

    static IEnumerable<byte[]> Present(params byte[]?[] keys) => keys.OfType<byte[]>();

    static Row Read(NpgsqlDataReader row) => new(row.GetFieldValue<byte[]>(0), row.GetFieldValue<DateTimeOffset>(1), row.GetFieldValue<DateTimeOffset>(2), row.GetInt64(3),
        row.GetFieldValue<DateTimeOffset>(4));

    const string Find = "SELECT key, failed_at, forgotten_at, tried, tried_since FROM identity.sign_in_failures WHERE key = ANY($1) AND forgotten_at > $2";

    // In the order of keys, so that failures at once queue up instead of deadlocking. Of the bits only an address range has any.
    const string Count = """
        WITH counted AS (
            INSERT INTO identity.sign_in_failures AS f (key, failed_at, forgotten_at, tried, tried_since)
            SELECT n.key, $4::timestamptz, $4::timestamptz + make_interval(secs => n.seconds), n.bit, $4::timestamptz
            FROM unnest($1::bytea[], $2::float8[], $3::bigint[]) AS n (key, seconds, bit) ORDER BY n.key
            ON CONFLICT (key) DO UPDATE SET
                failed_at = greatest(f.failed_at, excluded.failed_at),
                forgotten_at = least(greatest(f.forgotten_at, excluded.failed_at) + (excluded.forgotten_at - excluded.failed_at), excluded.failed_at + $5::interval),
                tried = CASE WHEN f.tried_since < excluded.failed_at - $6::interval THEN excluded.tried ELSE f.tried | excluded.tried END,
                tried_since = CASE WHEN f.tried_since < excluded.failed_at - $6::interval THEN excluded.tried_since ELSE f.tried_since END
            RETURNING tried
        )
        SELECT bit_or(tried) FROM counted
        """;

    // Who finds it as it was read has the one try that is free.
    const string Claim = """
        UPDATE identity.sign_in_failures
        SET failed_at = greatest(failed_at, $4), forgotten_at = least(greatest(forgotten_at, $4) + $5::interval, $4 + $6::interval)
        WHERE key = $1 AND failed_at = $2 AND forgotten_at = $3
        """;

    const string Ease = """
        WITH cleared AS (DELETE FROM identity.sign_in_failures WHERE key = ANY($1))
        UPDATE identity.sign_in_failures SET forgotten_at = greatest(failed_at, $3 + (forgotten_at - $3) / 2) WHERE key = ANY($2) AND forgotten_at > $3
        """;
}
