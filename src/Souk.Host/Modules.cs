using Souk.Catalog;
using Souk.Identity;
using Souk.Ledger;
using Souk.Notifications;
using Souk.Ordering;
using Souk.Payments;
using Souk.Platform.Modules;
using Souk.Pricing;

namespace Souk.Host;

/// <summary>The modules of the product; the host knows no other list.</summary>
public static class Modules
{
    public static readonly IReadOnlyList<IModule> All =
        [new IdentityModule(), new CatalogModule(), new PricingModule(), new OrderingModule(), new PaymentsModule(), new LedgerModule(), new NotificationsModule()];

    /// <summary>The modules of these names; refuses a name that does not exist and a choice that leaves out what another needs.</summary>
    public static IReadOnlyList<IModule> Choose(IReadOnlyCollection<string> names)
    {
        var unknown = names.Except(All.Select(m => m.Name)).ToList();
        if (unknown.Count > 0)
            throw new ShopSettingsException($"There is no module '{unknown[0]}'. Modules: {string.Join(", ", All.Select(m => m.Name))}.");
        var chosen = All.Where(m => names.Contains(m.Name)).ToList();
        var lacking = chosen.SelectMany(m => m.Needs, (m, need) => (m.Name, need)).FirstOrDefault(pair => !names.Contains(pair.need));
        return lacking == default ? chosen
            : throw new ShopSettingsException($"The module '{lacking.Name}' calls '{lacking.need}', which is not among the chosen. Add it to --modules.");
    }
}
