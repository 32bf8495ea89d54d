using System.Collections.Concurrent;
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

    /// <summary>Tokens whose signature was checked are remembered, so that the next request with one costs a look: at most twice so many, about 15 MiB.</summary>
    const int RememberedMax = 5_000;

    // Two generations: what was not used since the last turn is forgotten at the next.
    ConcurrentDictionary<string, Checked> young = new(StringComparer.Ordinal), old = new(StringComparer.Ordinal);

    readonly JsonWebTokenHandler jwt = new() { SetDefaultTimesOnTokenCreation = false, MapInboundClaims = false, MaximumTokenSizeInBytes = TokenBytesMax };

    internal sealed record Claims(Guid AccountId, Guid SessionId, IReadOnlyList<string> Roles);

    /// <summary>A token that is ours, whether or not its time has come or gone.</summary>
    sealed record Checked(Claims Claims, DateTime NotBefore, DateTime Expires);

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
        if (await FindAsync(token, cancel) is not { } found) return null;
        var now = clock.GetUtcNow().UtcDateTime;
        return found.NotBefore <= now.AddSeconds(ClockSkewSeconds) && (evenExpired || now.AddSeconds(-ClockSkewSeconds) < found.Expires) ? found.Claims : null;
    }

    async ValueTask<Checked?> FindAsync(string token, CancellationToken cancel)
    {
        if (young.TryGetValue(token, out var known)) return known;
        if (!old.TryGetValue(token, out known) && (known = await CheckSignatureAsync(token, cancel)) is null) return null;
        if (young.Count >= RememberedMax) (old, young) = (young, new(StringComparer.Ordinal));
        young[token] = known;
        return known;
    }

    /// <summary>All but the time, which goes on.</summary>
    async ValueTask<Checked?> CheckSignatureAsync(string token, CancellationToken cancel)
    {
        if (token == "") return null;
        var result = await jwt.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = Issuer,
            ValidAudience = Audience,
            ValidTypes = [Type],
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            IssuerSigningKey = await keys.CurrentAsync(cancel),
            LifetimeValidator = static (notBefore, expires, _, _) => notBefore is not null && expires is not null,
        });
        if (!result.IsValid || result.SecurityToken is not JsonWebToken read) return null;
        return Guid.TryParse(read.Subject, out var account) && read.TryGetValue<string>(Caller.SessionClaim, out var sid) && Guid.TryParse(sid, out var session)
            && read.TryGetValue<string[]>(RolesClaim, out var roles) ? new(new(account, session, roles), read.ValidFrom, read.ValidTo) : null;
    }
}
