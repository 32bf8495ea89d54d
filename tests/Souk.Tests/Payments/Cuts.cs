using Souk.Payments.Providers;

namespace Souk.Tests.Payments;

/// <summary>Where the next thing to pass breaks off, as if the process had died there. Each cut is made once.</summary>
public sealed class Cuts
{
    string? next;

    public void At(string? point) => next = point;

    public void Pass(string point)
    {
        var waiting = Volatile.Read(ref next);
        if (waiting == point && ReferenceEquals(Interlocked.CompareExchange(ref next, null, waiting), waiting)) throw new CutException(point);
    }
}

public sealed class CutException(string point) : Exception($"Cut {point}.");

/// <summary>A provider that can be cut off before it hears a question or after it has acted on it.</summary>
sealed class CutProvider(IPaymentProvider provider, Cuts cuts) : IPaymentProvider
{
    public Task<Charge> ChargeAsync(Charging payment, CancellationToken cancel) =>
        AroundAsync("charge", () => provider.ChargeAsync(payment, cancel));

    public Task<Charge?> FindAsync(Charging payment, CancellationToken cancel) => AroundAsync("find", () => provider.FindAsync(payment, cancel));

    public Task<Charge> CancelAsync(Charging payment, CancellationToken cancel) => AroundAsync("cancel", () => provider.CancelAsync(payment, cancel));

    public Task RefundAsync(Charging payment, CancellationToken cancel) => AroundAsync("refund", async () =>
    {
        try { cuts.Pass("no answer to refund"); }
        catch (CutException cut) { throw new ProviderSilentException(cut.Message); }
        await provider.RefundAsync(payment, cancel);
        return true;
    });

    async Task<T> AroundAsync<T>(string point, Func<Task<T>> ask)
    {
        cuts.Pass($"before {point}");
        var answer = await ask();
        cuts.Pass($"after {point}");
        return answer;
    }
}
