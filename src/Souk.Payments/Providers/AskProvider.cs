namespace Souk.Payments.Providers;

/// <summary>Asks the provider behind a method, within its time, and never in a transaction.</summary>
internal sealed class AskProvider(PaymentMethods methods, TimeProvider clock)
{
    /// <summary>A provider that has not answered by then is silent.</summary>
    public const int SecondsMax = 20;

    /// <summary>A charge that the provider has not heard of by then is cancelled there and counts as declined: the shopper may pay in another way.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The money, or what became of the first try. A charge taken up again was perhaps made already, so that is found out first. If the provider has not heard of
    /// it, asking is safe even while the first question is still on its way: both carry the same id. After <see cref="GiveUpAfter"/> the id is closed instead.
    /// </summary>
    /// <param name="since">When it was first wanted.</param>
    /// <param name="isFresh">The provider has not been asked yet, so there is nothing to find out first.</param>
    /// <exception cref="ProviderSilentException">No answer: nothing is known.</exception>
    public async Task<Charge> ChargeAsync(string method, Charging payment, DateTimeOffset since, bool isFresh, CancellationToken cancel)
    {
        var provider = methods.Provider(method);
        Charge? found = null;
        if (!isFresh) await WithinTimeAsync(async limit => found = await provider.FindAsync(payment, limit), cancel);
        if (found is not null) return found;
        var isTooLate = clock.GetUtcNow() - since > GiveUpAfter;
        await WithinTimeAsync(async limit => found = isTooLate ? await provider.CancelAsync(payment, limit) : await provider.ChargeAsync(payment, limit), cancel);
        return found!;
    }

    /// <exception cref="ProviderSilentException">No answer: it may be on its way back or not.</exception>
    public Task RefundAsync(string method, Charging payment, CancellationToken cancel) => WithinTimeAsync(limit => methods.Provider(method).RefundAsync(payment, limit), cancel);

    static async Task WithinTimeAsync(Func<CancellationToken, Task> ask, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(SecondsMax));
        try
        {
            await ask(limit.Token);
        }
        catch (OperationCanceledException late) when (!cancel.IsCancellationRequested)
        {
            throw new ProviderSilentException($"The provider did not answer within {SecondsMax} s.", late);
        }
    }
}
