using Souk.Host;

var settings = new ShopSettings { ConnectionString = args[0], KeysFolder = args[1] };
await Shop.MigrateAsync(settings.ConnectionString, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, CancellationToken.None);
await Shop.Build(settings).RunAsync();
