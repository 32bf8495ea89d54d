using Microsoft.Extensions.DependencyInjection;
using Souk.Contracts;
using Souk.Platform.Ids;
using Souk.Tests.Identity;

namespace Souk.Tests.Pricing;

/// <summary>A shop for tests of prices, with someone of its staff.</summary>
public sealed class PricingShop(TestPostgres postgres) : TestShop(postgres), IAsyncLifetime
{
    public IPricing Pricing => App.Services.GetRequiredService<IPricing>();

    /// <summary>Sends the access token of a member of staff.</summary>
    public HttpClient Staff { get; private set; } = null!;

    ValueTask IAsyncLifetime.InitializeAsync() => HireAsync();

    async ValueTask HireAsync()
    {
        await InitializeAsync();
        Staff = (await this.NewStaff()).Http;
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
}
