using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Souk.Identity.Tokens;

namespace Souk.Tests.Identity.Tokens;

public sealed class AccessTokensTests(TestShop shop) : IClassFixture<TestShop>
{
    static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    static JsonObject Decode(string part) => JsonNode.Parse(Base64Url.DecodeFromChars(part))!.AsObject();

    static string Changed(string part, Action<JsonObject> change)
    {
        var json = Decode(part);
        change(json);
        return Encode(json.ToJsonString());
    }

    async Task<byte[]> PublicKey()
    {
        await using var command = shop.Db.CreateCommand("SELECT public_key FROM identity.signing_keys");
        return (byte[])(await command.ExecuteScalarAsync())!;
    }

    [Fact]
    public async Task A_token_says_who_which_session_and_which_roles_and_is_signed_with_the_one_key()
    {
        var staff = await shop.NewStaff();
        var parts = staff.AccessToken.Split('.');
        var (header, claims) = (Decode(parts[0]), Decode(parts[1]));

        Assert.Equal(("ES256", "at+jwt"), (header["alg"]!.GetValue<string>(), header["typ"]!.GetValue<string>()));
        Assert.Equal(("souk", "souk", "staff"), (claims["iss"]!.GetValue<string>(), claims["aud"]!.GetValue<string>(), claims["roles"]![0]!.GetValue<string>()));
        Assert.True(Guid.TryParse(claims["sub"]!.GetValue<string>(), out _) && Guid.TryParse(claims["sid"]!.GetValue<string>(), out _));
        Assert.Equal(600, claims["exp"]!.GetValue<long>() - claims["iat"]!.GetValue<long>());

        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(await PublicKey(), out _);
        Assert.True(key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256));
    }

    [Fact]
    public async Task Every_forged_token_is_refused_on_closed_and_open_routes()
    {
        var anna = await shop.NewPerson();
        var parts = anna.AccessToken.Split('.');
        var (header, claims, signature) = (parts[0], parts[1], parts[2]);
        using var otherKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        string SignedByOther(string head, string body) =>
            $"{head}.{body}.{Base64Url.EncodeToString(otherKey.SignData(Encoding.ASCII.GetBytes($"{head}.{body}"), HashAlgorithmName.SHA256))}";
        string SignedBySecret(string head, byte[] secret) =>
            $"{head}.{claims}.{Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes($"{head}.{claims}")))}";

        var staff = Changed(claims, c => c["roles"] = new JsonArray("staff"));
        var hs256 = Changed(header, h => h["alg"] = "HS256");
        string[] forged =
        [
            "", "x", "a.b.c", $"{header}.{claims}", $"{header}.{claims}.",
            $"{header}.{staff}.{signature}",
            $"{header}.{claims}.{(signature[0] == 'A' ? 'B' : 'A')}{signature[1..]}",
            $"{Changed(header, h => h["alg"] = "none")}.{claims}.",
            $"{Changed(header, h => h["alg"] = "none")}.{staff}.{signature}",
            SignedByOther(header, staff),
            SignedByOther(Changed(header, h => h.Remove("kid")), claims),
            SignedByOther(Changed(header, h => h["jwk"] = JsonSerializer.SerializeToNode(new { kty = "EC", crv = "P-256",
                x = Base64Url.EncodeToString(otherKey.ExportParameters(false).Q.X), y = Base64Url.EncodeToString(otherKey.ExportParameters(false).Q.Y) })), claims),
            SignedBySecret(hs256, await PublicKey()),
            SignedBySecret(hs256, Encoding.ASCII.GetBytes(Convert.ToBase64String(await PublicKey()))),
            new string('x', 10_000),
        ];
        foreach (var token in forged)
        {
            foreach (var path in new[] { "/v1/me", "/v1/admin/users", "/v1/nowhere" })
            {
                var request = new HttpRequestMessage(HttpMethod.Get, path);
                request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
                var answer = await shop.Http.SendAsync(request);
                Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
                Assert.Equal("access_token_invalid", await answer.Code());
            }
        }
        Assert.Equal(HttpStatusCode.OK, (await anna.Http.GetAsync("/v1/me")).StatusCode);
    }

    /// <summary>Signed with our own key, and yet not for us.</summary>
    [Theory]
    [InlineData("iss", "\"other\"")]
    [InlineData("aud", "\"other\"")]
    [InlineData("exp", null)]
    [InlineData("nbf", null)]
    [InlineData("sid", null)]
    [InlineData("sub", "\"anna\"")]
    public async Task A_token_for_another_purpose_is_refused(string claim, string? value)
    {
        var anna = await shop.NewPerson();
        var parts = anna.AccessToken.Split('.');
        var key = (await shop.App.Services.GetRequiredService<SigningKeys>().CurrentAsync(CancellationToken.None)).ECDsa;

        string Signed(string claims) =>
            $"{parts[0]}.{claims}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes($"{parts[0]}.{claims}"), HashAlgorithmName.SHA256))}";

        Assert.Equal(HttpStatusCode.OK, (await shop.Bearing(Signed(parts[1])).GetAsync("/v1/me")).StatusCode);
        var changed = Changed(parts[1], c => { c.Remove(claim); if (value is not null) c[claim] = JsonNode.Parse(value); });
        await (await shop.Bearing(Signed(changed)).GetAsync("/v1/me")).Problem(HttpStatusCode.Unauthorized, "access_token_invalid");
    }

    [Fact]
    public async Task A_token_serves_for_ten_minutes()
    {
        var anna = await shop.NewPerson();
        shop.Clock.Advance(TimeSpan.FromMinutes(9.5));
        Assert.Equal(HttpStatusCode.OK, (await anna.Http.GetAsync("/v1/me")).StatusCode);
        shop.Clock.Advance(TimeSpan.FromMinutes(1));
        await (await anna.Http.GetAsync("/v1/me")).Problem(HttpStatusCode.Unauthorized, "access_token_invalid");
        Assert.Equal(HttpStatusCode.NoContent, (await anna.Http.DeleteAsync("/v1/sessions/current")).StatusCode);
        await (await shop.Refresh(anna.RefreshToken)).Problem(HttpStatusCode.Unauthorized, "refresh_token_invalid");
    }
}
