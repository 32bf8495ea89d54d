using Microsoft.Extensions.Configuration;
using Souk.Payments.Providers;

namespace Souk.Tests.Payments.Providers;

public sealed class PaymentMethodsTests
{
    [Theory]
    [InlineData(null, "sandbox,wallet")]
    [InlineData("", "")]
    [InlineData(" sandbox ", "sandbox")]
    public void A_shop_takes_the_methods_it_names(string? option, string taken) => Assert.Equal(taken, string.Join(',', PaymentMethods.Read(Naming(option))));

    [Fact]
    public void A_method_that_does_not_exist_stops_the_start() =>
        Assert.Contains("'stripe'", Assert.Throws<InvalidOperationException>(() => PaymentMethods.Read(Naming("sandbox,stripe"))).Message, StringComparison.Ordinal);

    static IConfiguration Naming(string? methods) => new ConfigurationBuilder().AddInMemoryCollection(methods is null ? [] : [new("Payments:Methods", methods)]).Build();
}
