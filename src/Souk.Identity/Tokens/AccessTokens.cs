using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Souk.Identity.Tokens;

/// <summary>
/// Access tokens: JWT (RFC 7519, profile RFC 9068) signed with ES256, ten minutes long. Whoever holds one is its account; checking it reads no
/// database. Nothing but ES256 with our key, our issuer and audience, and a time that covers now is taken.
/// </summary>
internal sealed class AccessTokens(SigningKeys keys, TimeProvider clock, IdentityOptions options)
{
    const string Issuer = "souk", Audience = "souk", Type = "at+jwt", RolesClaim = "roles";
    const int TokenBytesMax = 4_096;

    /// <summary>How far clocks of nodes may differ.</summary>
    const int ClockSkewSeconds = 5;

    readonly JsonWebTokenHandler jwt = new() { SetDefaultTimesOnTokenCreation = false, MapInboundClaims = false, MaximumTokenSizeInBytes = TokenBytesMax };

    internal sealed record Claims(Guid AccountId, Guid SessionId, IReadOnlyList<string> Roles);

    public async ValueTask<string> IssueAsync(Claims claims, CancellationToken cancel)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return jwt.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = Audience,
            TokenType = Type,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + options.AccessTokenTime,
            Claims = new Dictionary<string, object>
            {
                [JwtRegisteredClaimNames.Sub] = claims.AccountId.ToString(),
                [Caller.SessionClaim] = claims.SessionId.ToString(),
                [RolesClaim] = claims.Roles.ToArray(),
            },
            SigningCredentials = new(await keys.CurrentAsync(cancel), SecurityAlgorithms.EcdsaSha256),
        });
    }

    /// <summary>Whose token it is; null when it is not to be trusted, whatever the reason.</summary>
    /// <param name="evenExpired">Only for ending the session that it names.</param>
    public async ValueTask<Claims?> CheckAsync(string token, bool evenExpired, CancellationToken cancel)
    {
        if (token == "") return null;
        var checkedToken = await jwt.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = Issuer,
            ValidAudience = Audience,
            ValidTypes = [Type],
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            IssuerSigningKey = await keys.CurrentAsync(cancel),
            LifetimeValidator = (notBefore, expires, _, _) => Covers(notBefore, expires, evenExpired),
        });
        if (!checkedToken.IsValid || checkedToken.SecurityToken is not JsonWebToken read) return null;
        return Guid.TryParse(read.Subject, out var account) && read.TryGetValue<string>(Caller.SessionClaim, out var sid) && Guid.TryParse(sid, out var session)
            && read.TryGetValue<string[]>(RolesClaim, out var roles) ? new(account, session, roles) : null;
    }

    bool Covers(DateTime? notBefore, DateTime? expires, bool evenExpired)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return notBefore is { } from && expires is { } to && from <= now.AddSeconds(ClockSkewSeconds) && (evenExpired || now.AddSeconds(-ClockSkewSeconds) < to);
    }
}
