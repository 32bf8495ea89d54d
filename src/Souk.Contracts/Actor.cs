namespace Souk.Contracts;

/// <summary>
/// Who did something for the shop: an account or an API key. One column holds either: ids of keys are UUIDs of version 8 (RFC 9562: of the shop's own making),
/// those of accounts of version 7, so that each is known for what it is.
/// </summary>
public static class Actor
{
    const int KeyVersion = 8;

    /// <summary>Null when it was a key, or nobody.</summary>
    public static AccountId? AccountOf(Guid? actor) => actor is { } id && id.Version != KeyVersion ? new AccountId(id) : null;

    /// <summary>Null when it was an account, or nobody.</summary>
    public static ApiKeyId? ApiKeyOf(Guid? actor) => actor is { } id && id.Version == KeyVersion ? new ApiKeyId(id) : null;

    /// <summary>The id of a new key: like every id it sorts by age.</summary>
    public static ApiKeyId NewApiKey(TimeProvider clock)
    {
        Span<byte> id = stackalloc byte[16];
        Guid.CreateVersion7(clock.GetUtcNow()).TryWriteBytes(id, bigEndian: true, out _);
        id[6] = (byte)((id[6] & 0x0F) | (KeyVersion << 4));
        return new(new Guid(id, bigEndian: true));
    }
}
