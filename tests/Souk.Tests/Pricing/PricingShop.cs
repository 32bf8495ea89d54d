using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Souk.Contracts;
using Souk.Platform.Ids;

namespace Souk.Tests.Pricing;

/// <summary>A shop for tests of prices; whoever sends <c>Role: staff</c> is staff, so that these tests need no accounts.</summary>
public sealed class PricingShop(TestPostgres postgres) : TestShop(postgres)
{
    public IPricing Pricing => App.Services.GetRequiredService<IPricing>();

    protected override void Configure(WebApplicationBuilder builder)
    {
        builder.Services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, RoleHeader>(nameof(RoleHeader), null);
        builder.Services.PostConfigure<AuthenticationOptions>(options => options.DefaultScheme = options.DefaultAuthenticateScheme = options.DefaultChallengeScheme = nameof(RoleHeader));
    }

    public Id<VariantKind> NewVariant() => Id<VariantKind>.New(Clock);

    /// <summary>A variant that costs this much.</summary>
    public async Task<Id<VariantKind>> PricedAsync(long amount, string currency = "USD")
    {
        var variant = NewVariant();
        await Pricing.SetListPricesAsync([new(variant, new(amount, currency))], CancellationToken.None);
        return variant;
    }

    /// <summary>What was told of a variant, in order of version: version, amount and currency.</summary>
    public async Task<List<(int Version, long Amount, string Currency)>> ToldAsync(Id<VariantKind> variant)
    {
        await using var command = Db.CreateCommand("""
            SELECT version, (payload #>> '{price,amount}')::bigint, payload #>> '{price,currency}' FROM platform.outbox
            WHERE type = 'list_price.changed' AND aggregate_id = $1 ORDER BY version
            """);
        command.Parameters.Add(new() { Value = variant.Value });
        await using var reader = await command.ExecuteReaderAsync();
        var told = new List<(int, long, string)>();
        while (await reader.ReadAsync()) told.Add((reader.GetInt32(0), reader.GetInt64(1), reader.GetString(2)));
        return told;
    }

    sealed class RoleHeader(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logs, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logs, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            if (Request.Headers["Role"] is not [{ } role]) return Task.FromResult(AuthenticateResult.NoResult());
            var identity = new ClaimsIdentity([new("sub", Guid.NewGuid().ToString()), new("role", role)], nameof(RoleHeader), "sub", "role");
            return Task.FromResult(AuthenticateResult.Success(new(new(identity), nameof(RoleHeader))));
        }
    }
}
