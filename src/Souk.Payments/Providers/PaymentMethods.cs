namespace Souk.Payments.Providers;

/// <summary>The ways to pay that <see cref="PaymentsModule.MethodsOption"/> names, and the providers behind them.</summary>
internal sealed class PaymentMethods(IReadOnlyList<string> taken, IServiceProvider services)
{
    /// <summary>What this build can do. Each is the key its provider is registered under.</summary>
    public static readonly IReadOnlyList<string> Known = [SandboxProvider.Method, WalletProvider.Method];

    /// <summary>The methods that the configuration names.</summary>
    /// <exception cref="InvalidOperationException">One of them does not exist: the shop does not start without a way to pay that it was meant to have.</exception>
    public static IReadOnlyList<string> Read(IConfiguration configuration)
    {
        var named = (configuration[PaymentsModule.MethodsOption] ?? string.Join(',', Known)).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return named.Except(Known).FirstOrDefault() is { } unknown
            ? throw new InvalidOperationException($"{PaymentsModule.MethodsOption} names '{unknown}', which this build does not know. Methods: {string.Join(", ", Known)}.")
            : named;
    }

    /// <summary>Null when the shop takes the method.</summary>
    public Error? Refuse(string method) => taken.Contains(method, StringComparer.Ordinal) ? null : Payments.PaymentErrors.MethodUnavailable(taken);

    /// <summary>Null when a wallet can be topped up by the method: any but wallets themselves.</summary>
    public Error? RefuseTopUp(string method) => method == WalletProvider.Method || Refuse(method) is not null
        ? Payments.PaymentErrors.MethodUnavailable([.. taken.Where(m => m != WalletProvider.Method)]) : null;

    /// <summary>The provider behind a payment that was begun, even if the shop has stopped taking its method since.</summary>
    public IPaymentProvider Provider(string method) => services.GetRequiredKeyedService<IPaymentProvider>(method);
}
