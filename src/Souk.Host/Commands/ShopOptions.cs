namespace Souk.Host.Commands;

/// <summary>Settings of the commands that run or reach a shop.</summary>
internal static class ShopOptions
{
    public static readonly Setting Database = new("database", "connection",
        "Your own PostgreSQL (15 or newer): 'Host=db;Database=souk;Username=souk;Password=…'");
    public static readonly Setting Modules = new("modules", "names", "Which modules this process runs, comma separated [default: all]");
    public static readonly Setting Roles = new("roles", "names", "What it does: web answers requests, worker runs jobs and events", "web,worker");
    public static readonly Setting MasterKeys = new("master-keys", "json", "Master keys of personal data from your secret store [default: the file in the keys folder]");

    /// <summary>The connection string, checked for its form; null when none was given.</summary>
    public static string? DatabaseOf(Chosen settings)
    {
        if (settings[Database] is not { } said) return null;
        try
        {
            var parts = new NpgsqlConnectionStringBuilder(said);
            return parts.Host is { Length: > 0 } ? said : throw new ShopSettingsException($"--database names no Host. {Form}");
        }
        catch (Exception wrong) when (wrong is ArgumentException or FormatException)
        {
            // The text may hold a password: it is not repeated.
            throw new ShopSettingsException($"--database is no connection string. {Form}");
        }
    }

    /// <summary>Modules, roles and keys of this run; refused here, before anything is started.</summary>
    public static ShopSettings Of(Chosen settings, string connectionString, string keysFolder, string url)
    {
        var shop = new ShopSettings { ConnectionString = connectionString, KeysFolder = keysFolder, MasterKeys = settings[MasterKeys], Url = url };
        if (settings.List(Modules) is { Count: > 0 } modules) shop = shop with { Modules = modules };
        if (settings.List(Roles) is { Count: > 0 } roles) shop = shop with { Roles = roles };
        Shop.Refuse(shop);
        return shop;
    }

    const string Form = "Write it as 'Host=127.0.0.1;Port=5432;Database=souk;Username=souk;Password=…'.";
}
