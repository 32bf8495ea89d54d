using Microsoft.Extensions.DependencyInjection.Extensions;
using Souk.Contracts;
using Souk.Ordering.Carts;
using Souk.Ordering.Checkout;
using Souk.Ordering.Guests;
using Souk.Ordering.Inventory;
using Souk.Ordering.Orders;
using Souk.Platform.Modules;
using Souk.Platform.Money;

namespace Souk.Ordering;

/// <summary>The table of contents of this module.</summary>
public sealed class OrderingModule : IModule
{
    public string Name => "ordering";

    public IReadOnlyList<string> Needs => ["catalog", "pricing", "payments"];

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(OrderingOptions.Read(configuration));
        services.AddSingleton<GuestCustomers>();
        services.AddSingleton<OrderNumbers>();
        services.AddSingleton<StockLevels>();
        services.AddSingleton<Kits>();
        services.AddSingleton<WriteAdjustment>();
        services.AddSingleton(provider => Allocation.Of(provider.GetRequiredService<OrderingOptions>().Allocation));
        services.AddSingleton<PrepareOrder>();
        services.AddSingleton<IOrderStore, OrderStore>();
        services.AddSingleton<OrderBatch>();
        services.AddSingleton<WriteOrder>();
        services.AddSingleton<OrderReads>();
        services.AddSingleton<RecordPayment>();
        services.AddSingleton<IOrdering, OrderingContract>();
        services.TryAddSingleton(ShopCurrency.Read(configuration));
        services.AddSingleton<GuestTokens>();
        services.AddSingleton(CartOptions.Read(configuration));
        services.AddSingleton<ShowCart>();
        services.AddSingleton<CartStore>();
    }

    public void MapRoutes(IEndpointRouteBuilder routes)
    {
        GetAvailability.Map(routes);
        ListLocations.Map(routes);
        AddLocation.Map(routes);
        ChangeLocation.Map(routes);
        ReadStock.Map(routes);
        SetStockLevel.Map(routes);
        SetStockRules.Map(routes);
        ListMovements.Map(routes);
        StockBooks.Map(routes);
        SetKit.Map(routes);
        RemoveKit.Map(routes);
        AdjustStock.Map(routes);

        PlaceOrder.Map(routes);
        ListOrders.Map(routes);
        ReadOrder.Map(routes);
        CancelOrder.Map(routes);
        ReadTimeline.Map(routes);
        ClaimOrder.Map(routes);
        ListAllOrders.Map(routes);
        ReadAnyOrder.Map(routes);
        ReadAnyTimeline.Map(routes);
        MarkFulfilment.Map(routes);

        CreateCart.Map(routes);
        ListCarts.Map(routes);
        ReadCart.Map(routes);
        ChangeCart.Map(routes);
        SetCartLine.Map(routes);
        RemoveCartLine.Map(routes);
        HoldCart.Map(routes);
        ReleaseHold.Map(routes);
    }

    public void MapWork(WorkMap work)
    {
        work.On<StockStateChanged>("ordering.show-kit-state", ShowKitState.HandleAsync);
        work.Every(ExpireOrders.Cron, ExpireOrders.JobType, ExpireOrders.RunAsync);
        work.Every(EndBackorders.Cron, EndBackorders.JobType, EndBackorders.RunAsync);
        work.Every(TakeShippedOffShelf.Cron, TakeShippedOffShelf.JobType, TakeShippedOffShelf.RunAsync);
        work.Every(ExpireHolds.Cron, ExpireHolds.JobType, ExpireHolds.RunAsync);
        work.Every(ForgetAbandonedCarts.Cron, ForgetAbandonedCarts.JobType, ForgetAbandonedCarts.RunAsync);
    }
}
