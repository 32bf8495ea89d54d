using Microsoft.Extensions.DependencyInjection;
using Souk.Identity.Tokens;

namespace Souk.Tests.Identity.Tokens;

/// <summary>In a shop of its own: it throws the shop's key away.</summary>
public sealed class SigningKeysTests(TestShop shop) : IClassFixture<TestShop>
{
    [Fact]
    public async Task Nodes_that_start_together_share_one_key()
    {
        var postgres = shop.App.Services;
        await using (var clear = shop.Db.CreateCommand("DELETE FROM identity.signing_keys")) await clear.ExecuteNonQueryAsync();
        var nodes = Enumerable.Range(0, 8).Select(_ => ActivatorUtilities.CreateInstance<SigningKeys>(postgres)).ToList();

        var keys = await Task.WhenAll(nodes.Select(n => n.CurrentAsync(CancellationToken.None).AsTask()));

        Assert.Single(keys.Select(k => k.KeyId).Distinct());
        Assert.Single(keys.Select(k => Convert.ToHexString(k.ECDsa.ExportSubjectPublicKeyInfo())).Distinct());
        nodes.ForEach(n => n.Dispose());
    }
}
