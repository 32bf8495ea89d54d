using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Souk.Platform;

/// <summary>Where the keys of personal data are and how many stay in memory.</summary>
public sealed class PersonalDataOptions
{
    /// <summary>
    /// Holds people.keys and, unless <see cref="MasterKeys"/> is set, master.keys. For its owner alone (mode 700),
    /// never inside the data folder: a backup of the data must not carry the keys.
    /// </summary>
    public required string KeysFolder { get; init; }

    /// <summary>The JSON of <see cref="Platform.MasterKeys"/> from configuration; null reads the file of the keys folder.</summary>
    public string? MasterKeys { get; init; }

    /// <summary>Unwrapped keys kept in memory, 32 bytes each.</summary>
    public int KeyCacheMax { get; init; } = PersonalData.KeyCacheDefault;
}

public static class PersonalDataRegistration
{
    /// <summary>
    /// <see cref="PersonalData"/> and <see cref="MasterKeys"/> as singletons, over the key store registered before
    /// this call or else the one of the keys folder. Keys are read at first use: resolve
    /// <see cref="PersonalData"/> at start, so that a refusal stops the start and not a customer.
    /// </summary>
    public static IServiceCollection AddPersonalData(this IServiceCollection services, PersonalDataOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.KeyCacheMax, 1, nameof(options));
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IKeyStore>(_ => new FileKeyStore(options.KeysFolder));
        services.AddSingleton(_ => options.MasterKeys is { } json
            ? MasterKeys.Parse(json, "The configured text of master keys")
            : MasterKeys.LoadOrCreate(options.KeysFolder));
        services.AddSingleton(given => new PersonalData(given.GetRequiredService<IKeyStore>(),
            given.GetRequiredService<MasterKeys>(), given.GetRequiredService<TimeProvider>(), options.KeyCacheMax));
        return services;
    }
}
