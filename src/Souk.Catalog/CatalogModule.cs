using Souk.Catalog.Categories;
using Souk.Catalog.Import;
using Souk.Catalog.Media;
using Souk.Catalog.Products;
using Souk.Contracts;
using Souk.Platform.Modules;
using Souk.Platform.Money;

namespace Souk.Catalog;

/// <summary>The table of contents of this module.</summary>
public sealed class CatalogModule : IModule
{
    public string Name => "catalog";

    // The import calls pricing and ordering, but it is a command of its own: a process that answers requests needs neither.
    public IReadOnlyList<string> Needs => [];

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(ShopCurrency.Read(configuration));
        services.AddSingleton<ICatalog, VariantsOnSale>();
        services.AddSingleton<CatalogImport>();
        services.AddSingleton<HotCatalog>();
    }

    public void MapRoutes(IEndpointRouteBuilder routes)
    {
        ListProducts.Map(routes);
        GetProduct.Map(routes);
        ListReviews.Map(routes);
        ListCategories.Map(routes);
        GetMedia.Map(routes);
    }

    public void MapWork(WorkMap work)
    {
        work.On<ListPriceChanged>("catalog.show-list-price", ShowListPrice.HandleAsync);
        work.On<StockStateChanged>("catalog.show-stock-state", ShowStockState.HandleAsync);
    }
}
