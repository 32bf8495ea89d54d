using Souk.Prove.Traffic;

namespace Souk.Prove.Checks;

/// <summary>One look at whether a promise was held, when everything has come to rest.</summary>
/// <param name="Promise">Which.</param>
/// <param name="Where">How it looks: over the API or by the rows of the database.</param>
/// <param name="RunAsync">Tells every breach to the history, and answers how many things it looked at.</param>
internal sealed record Check(Promise Promise, string Where, Func<History, Task<long>> RunAsync);
