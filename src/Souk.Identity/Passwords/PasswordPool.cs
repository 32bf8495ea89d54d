namespace Souk.Identity.Passwords;

/// <summary>
/// Where passwords are hashed: so many at once, so many waiting, and beyond that a "no" at once, so that a flood of sign-ins costs neither all
/// cores nor all memory and the rest of the shop goes on.
/// </summary>
internal sealed class PasswordPool(IdentityOptions options, PasswordHash passwords) : IDisposable
{
    readonly SemaphoreSlim turns = new(options.PasswordsAtOnceMax);

    /// <summary>Those that hash and those that wait.</summary>
    int inside;

    /// <summary>The same for work with the shop's hashes.</summary>
    public Task<Result<T>> RunAsync<T>(Func<PasswordHash, T> work, CancellationToken cancel) => RunAsync(() => work(passwords), cancel);

    /// <summary>Runs the work on a thread of the pool in order of arrival; 503 <c>sign_in_busy</c> when the queue is full.</summary>
    public async Task<Result<T>> RunAsync<T>(Func<T> work, CancellationToken cancel)
    {
        if (Interlocked.Increment(ref inside) > options.PasswordsAtOnceMax + options.PasswordQueueMax)
        {
            Interlocked.Decrement(ref inside);
            return PasswordErrors.Busy;
        }
        try
        {
            await turns.WaitAsync(cancel);
            try { return await Task.Run(work, cancel); }
            finally { turns.Release(); }
        }
        finally
        {
            Interlocked.Decrement(ref inside);
        }
    }

    public void Dispose() => turns.Dispose();
}
