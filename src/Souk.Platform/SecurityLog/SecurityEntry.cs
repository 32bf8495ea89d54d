using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using NpgsqlTypes;
using Souk.Platform.Data;
using Souk.Platform.Http;

namespace Souk.Platform.SecurityLog;

/// <summary>What became of an act.</summary>
public enum SecurityOutcome
{
    /// <summary>It was let through and was about to be done; whether it was, its own entries or records say.</summary>
    Begun,
    Done,
    Refused,
}

/// <summary>An id whose kind is known by its prefix alone.</summary>
public readonly record struct SecurityId(string Prefix, Guid Value)
{
    public const string Account = "usr", ApiKey = "key", Session = "ses";

    public override string ToString() => $"{Prefix}_{Base32.Write(Value)}";

    /// <summary>True for two to eight lower-case letters, an underscore and 26 characters that stand for 128 bits.</summary>
    public static bool TryRead(string text, out SecurityId id)
    {
        id = default;
        var end = text.IndexOf('_', StringComparison.Ordinal);
        if (end is < 2 or > 8 || text.AsSpan(0, end).ContainsAnyExceptInRange('a', 'z') || !Base32.TryReadUuid(text.AsSpan(end + 1), out var value)) return false;
        id = new(text[..end], value);
        return true;
    }
}

/// <summary>Who acted.</summary>
public readonly record struct SecurityActor(string Kind, Guid? Id)
{
    const string AccountKind = "account", ApiKeyKind = "api_key", GuestKind = "guest";

    public static readonly SecurityActor System = new("system", null);

    /// <summary>Someone of whom nothing is proved.</summary>
    public static readonly SecurityActor Nobody = new("nobody", null);

    public static SecurityActor Account(Guid id) => new(AccountKind, id);

    public static SecurityActor ApiKey(Guid id) => new(ApiKeyKind, id);

    /// <summary>Who sends a request of staff.</summary>
    public static SecurityActor Of(Caller caller) => caller.AccountId is { } account ? Account(account) : caller.ApiKeyId is { } key ? ApiKey(key) : Nobody;

    public static SecurityActor Guest(Guid id) => new(GuestKind, id);

    public bool IsAccount => Kind == AccountKind;

    /// <summary>As ids are shown; null for who has none.</summary>
    public SecurityId? ToId() => Id is { } id ? new(Kind switch { AccountKind => SecurityId.Account, ApiKeyKind => SecurityId.ApiKey, _ => Kind }, id) : null;
}

/// <summary>An entry of the security log, as it is stored.</summary>
/// <param name="Id">A UUIDv7 that begins with <paramref name="At"/>: entries are listed by it.</param>
/// <param name="Address">From where, encrypted under the key of <see cref="Person"/>.</param>
/// <param name="Details">JSON, as PostgreSQL writes it once it was stored.</param>
public sealed record SecurityEntry(Guid Id, DateTimeOffset At, string Act, string Outcome, SecurityActor Actor, SecurityId? Target, byte[]? Address, string Details,
    string? TraceId)
{
    /// <summary>As the address is bound to its ciphertext; never renamed.</summary>
    internal const string AddressColumn = "platform.security_log.address";

    /// <summary>In the order that <see cref="Read"/> takes them in.</summary>
    internal const string Columns = "id, at, act, outcome, actor_kind, actor_id, target_kind, target_id, address, details, trace_id";

    /// <summary>The account that the entry concerns: who acted, else who was acted upon. Follows from what is stored, for it says under whose key the address is.</summary>
    public Guid? Person => Actor.IsAccount ? Actor.Id : Target is { Prefix: SecurityId.Account, Value: var account } ? account : null;

    /// <summary>A new id: that of RFC 9562 with the time to a quarter of a microsecond (6.2, method 3), so that what one process notes within a millisecond keeps its order.</summary>
    internal static Guid NewId(DateTimeOffset at)
    {
        Span<byte> bytes = stackalloc byte[IdBytes];
        FirstIdAt(at).TryWriteBytes(bytes, bigEndian: true, out _);
        RandomNumberGenerator.Fill(bytes[8..]);
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        return new(bytes, bigEndian: true);
    }

    /// <summary>Below every id of this instant or later, above every one of before.</summary>
    internal static Guid FirstIdAt(DateTimeOffset at)
    {
        var (milliseconds, rest) = Math.DivRem(Math.Max(0, at.UtcTicks - DateTime.UnixEpoch.Ticks), TimeSpan.TicksPerMillisecond);
        Span<byte> bytes = stackalloc byte[IdBytes];
        bytes.Clear();
        BinaryPrimitives.WriteInt64BigEndian(bytes, milliseconds << 16 | 0x7000 | rest * 4096 / TimeSpan.TicksPerMillisecond);
        return new(bytes, bigEndian: true);
    }

    const int IdBytes = 16;

    internal static SecurityEntry Read(NpgsqlDataReader row, int first) => new(row.GetGuid(first), row.GetFieldValue<DateTimeOffset>(first + 1), row.GetString(first + 2),
        row.GetString(first + 3), new(row.GetString(first + 4), row.Nullable<Guid>(first + 5)),
        row.NullableString(first + 6) is { } kind ? new SecurityId(kind, row.GetGuid(first + 7)) : null,
        row.IsDBNull(first + 8) ? null : row.GetFieldValue<byte[]>(first + 8), row.GetString(first + 9), row.NullableString(first + 10));

    /// <summary>The whole entry as the one parameter that <see cref="AppendEntry.Given"/> unfolds.</summary>
    public NpgsqlParameter ToParameter() => new() { NpgsqlDbType = NpgsqlDbType.Jsonb, Value = ToJson().ToJsonString() };

    JsonObject ToJson() => new()
    {
        ["id"] = Id, ["at"] = At.UtcDateTime.ToString("O", CultureInfo.InvariantCulture), ["act"] = Act, ["outcome"] = Outcome,
        ["actor_kind"] = Actor.Kind, ["actor_id"] = Actor.Id, ["target_kind"] = Target?.Prefix, ["target_id"] = Target?.Value,
        ["address"] = Address is null ? null : @"\x" + Convert.ToHexStringLower(Address), ["details"] = JsonNode.Parse(Details), ["trace_id"] = TraceId,
    };
}
