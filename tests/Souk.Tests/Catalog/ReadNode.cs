using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Souk.Catalog.Products;
using Souk.Contracts;
using Souk.Host;
using Souk.Platform.Bus;
using Souk.Platform.Ids;
using Souk.Platform.Outbox;

namespace Souk.Tests.Catalog;

/// <summary>One more node of a shop, which answers requests and does no other work.</summary>
public sealed class ReadNode : IAsyncDisposable
{
    ReadNode(WebApplication app) => App = app;

    public WebApplication App { get; }
    public HttpClient Http { get; private set; } = null!;
    internal HotCatalog Hot => App.Services.GetRequiredService<HotCatalog>();

    /// <param name="busWorks">False: every message is lost, to it and from it.</param>
    public static async Task<ReadNode> StartAsync(TestShop shop, bool busWorks, long? documentBytesMax = null)
    {
        var node = new ReadNode(Shop.Build(new() { ConnectionString = shop.ConnectionString, KeysFolder = shop.KeysFolder, Url = "http://127.0.0.1:0", Roles = ["web"] }, builder =>
        {
            builder.Logging.ClearProviders();
            if (documentBytesMax is not null) builder.Configuration["Catalog:DocumentBytesMax"] = $"{documentBytesMax}";
            if (!busWorks) builder.Host.UseServiceProviderFactory(new WithoutBus());
        }));
        await node.App.StartAsync();
        node.Http = new(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new(node.App.Urls.First()) };
        return node;
    }

    /// <summary>Shows a price as the event of its change would, told by this node; returns once it is committed.</summary>
    public async Task ShowPriceAsync(Id<VariantKind> variant, long amount)
    {
        await using var connection = await App.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var context = new EventContext(variant.Value, 1, TimeProvider.System.GetUtcNow(), connection, new EventWrites(connection), App.Services);
        await ShowListPrice.HandleAsync(new(variant, new(amount, "USD")), context, CancellationToken.None);
        await transaction.CommitAsync();
        context.Hints.ForEach(hint => hint());
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await App.StopAsync();
        await App.DisposeAsync();
    }

    sealed class WithoutBus : IServiceProviderFactory<IServiceCollection>
    {
        public IServiceCollection CreateBuilder(IServiceCollection services) => services.Replace(ServiceDescriptor.Singleton<IBus, LostBus>());
        public IServiceProvider CreateServiceProvider(IServiceCollection services) => services.BuildServiceProvider();
    }

    sealed class LostBus : IBus
    {
        public void Publish(string topic, string text) { }
        public IDisposable Subscribe(string topic, Action<string> onMessage) => new CancellationTokenSource();
    }
}
