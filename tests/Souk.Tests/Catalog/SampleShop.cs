namespace Souk.Tests.Catalog;

/// <summary>A shop that sells the sample catalogue.</summary>
public sealed class SampleShop(TestPostgres postgres) : CatalogShop(postgres), IAsyncLifetime
{
    ValueTask IAsyncLifetime.InitializeAsync() => FillAsync();

    async ValueTask FillAsync()
    {
        await InitializeAsync();
        await ImportAsync(Sample);
    }
}
