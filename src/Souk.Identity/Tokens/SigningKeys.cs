using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.Tokens;
using Souk.Platform;

namespace Souk.Identity.Tokens;

/// <summary>
/// The key that access tokens are signed with: one for all nodes, made by whichever needs it first, its private half encrypted under the master
/// keys. Read once, then kept.
/// </summary>
internal sealed class SigningKeys(NpgsqlDataSource db, MasterKeys master, TimeProvider clock) : IDisposable
{
    const int NonceBytes = 12, TagBytes = 16;

    readonly SemaphoreSlim reading = new(1);
    ECDsaSecurityKey? current;

    public async ValueTask<ECDsaSecurityKey> CurrentAsync(CancellationToken cancel)
    {
        if (Volatile.Read(ref current) is { } known) return known;
        await reading.WaitAsync(cancel);
        try
        {
            return current ??= await FindAsync(cancel) ?? await MakeAsync(cancel);
        }
        finally
        {
            reading.Release();
        }
    }

    public void Dispose()
    {
        current?.ECDsa.Dispose();
        reading.Dispose();
    }

    async Task<ECDsaSecurityKey?> FindAsync(CancellationToken cancel)
    {
        var row = await db.QueryFirstAsync(Find, static row => Tuple.Create(row.GetString(0), row.GetFieldValue<byte[]>(1)), [], cancel);
        if (row is not var (id, cipher)) return null;
        var ecdsa = ECDsa.Create();
        try
        {
            ecdsa.ImportPkcs8PrivateKey(Unseal(id, cipher), out _);
        }
        catch (CryptographicException mismatch)
        {
            throw new KeysRefusedException(
                "The signing key in this database does not open under these master keys. Start with the keys folder that belongs to the database.", mismatch);
        }
        return new(ecdsa) { KeyId = id };
    }

    async Task<ECDsaSecurityKey> MakeAsync(CancellationToken cancel)
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var id = Base64UrlEncoder.Encode(new ECDsaSecurityKey(ecdsa).ComputeJwkThumbprint());
        var inserted = await db.ExecuteAsync(Insert, [id, ecdsa.ExportSubjectPublicKeyInfo(), Seal(id, ecdsa.ExportPkcs8PrivateKey()), clock.GetUtcNow()], cancel);
        // Zero rows: another node was first; its key is the one. Either way what is used is what was stored.
        return await FindAsync(cancel) ?? throw new InvalidOperationException($"No signing key after {inserted} inserted.");
    }

    byte[] Seal(string id, byte[] plain)
    {
        var cipher = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(cipher.AsSpan(0, NonceBytes));
        using var aes = new AesGcm(master.Derive("identity.signing-keys"), TagBytes);
        aes.Encrypt(cipher.AsSpan(0, NonceBytes), plain, cipher.AsSpan(NonceBytes + TagBytes), cipher.AsSpan(NonceBytes, TagBytes), Encoding.UTF8.GetBytes(id));
        CryptographicOperations.ZeroMemory(plain);
        return cipher;
    }

    byte[] Unseal(string id, byte[] cipher)
    {
        var plain = new byte[cipher.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(master.Derive("identity.signing-keys"), TagBytes);
        aes.Decrypt(cipher.AsSpan(0, NonceBytes), cipher.AsSpan(NonceBytes + TagBytes), cipher.AsSpan(NonceBytes, TagBytes), plain, Encoding.UTF8.GetBytes(id));
        return plain;
    }

    const string Find = "SELECT id, private_key FROM identity.signing_keys WHERE retired_at IS NULL";

    // The unique index on the key that signs decides between nodes.
    const string Insert = """
        INSERT INTO identity.signing_keys (id, algorithm, public_key, private_key, created_at) VALUES ($1, 'ES256', $2, $3, $4)
        ON CONFLICT DO NOTHING
        """;
}
