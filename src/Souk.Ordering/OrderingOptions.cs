using System.Globalization;

namespace Souk.Ordering;

/// <summary>Settings of this module.</summary>
/// <param name="LowStock">Option <c>Ordering:LowStock</c>: so many available units or fewer are shown as <c>low</c>; 0 to 1,000,000, default 5.</param>
/// <param name="HoldTime">
/// Option <c>Ordering:HoldMinutes</c>: how long an unpaid order keeps its stock; 1 to 10,080 minutes, default 15. Counts for orders placed from then on.
/// </param>
/// <param name="Allocation">
/// Option <c>Ordering:Allocation</c>: from which location shipped units are taken. <c>priority</c> (default): that of the lowest priority; <c>nearest</c>: that
/// nearest to the order's address, by country and postal code.
/// </param>
/// <param name="CartHoldTime">Option <c>Ordering:CartHoldMinutes</c>: how long a shopper may hold a cart; 1 to 60 minutes, default 15.</param>
/// <param name="CartHoldUnitsMax">Option <c>Ordering:CartHoldUnits</c>: units that are held for a cart at most; 0 (nobody holds a cart) to 100,000, default 100.</param>
/// <param name="StockStatements">
/// Option <c>Ordering:StockStatements</c>: how stock is changed. <c>together</c> (default): many variants in one statement, the fast form; <c>one_by_one</c>: each in
/// statements of its own, for a database that spreads variants over machines (Citus).
/// </param>
internal sealed record OrderingOptions(int LowStock, TimeSpan HoldTime, string Allocation, TimeSpan CartHoldTime, int CartHoldUnitsMax, string StockStatements)
{
    public const int LowStockDefault = 5, LowStockMax = 1_000_000, HoldMinutesDefault = 15, HoldMinutesMax = 10_080, CartHoldMinutesMax = 60, CartHoldUnitsDefault = 100,
        CartHoldUnitsLimit = 100_000;

    /// <exception cref="InvalidOperationException">An option is no whole number in its range: the shop does not start with a guessed one.</exception>
    public static OrderingOptions Read(IConfiguration configuration) => new(
        Number(configuration, "Ordering:LowStock", LowStockDefault, 0, LowStockMax),
        TimeSpan.FromMinutes(Number(configuration, "Ordering:HoldMinutes", HoldMinutesDefault, 1, HoldMinutesMax)),
        Word(configuration, "Ordering:Allocation", Inventory.Allocation.PriorityFirst, Inventory.Allocation.NearestFirst),
        TimeSpan.FromMinutes(Number(configuration, "Ordering:CartHoldMinutes", HoldMinutesDefault, 1, CartHoldMinutesMax)),
        Number(configuration, "Ordering:CartHoldUnits", CartHoldUnitsDefault, 0, CartHoldUnitsLimit),
        Word(configuration, "Ordering:StockStatements", Inventory.ChangeStock.Together, Inventory.ChangeStock.OneByOne));

    /// <summary>One of the words; the first when none is given.</summary>
    static string Word(IConfiguration configuration, string key, params string[] words) =>
        configuration[key] is not { } text ? words[0] : words.Contains(text) ? text
        : throw new InvalidOperationException($"{key} is '{text}'. Set one of {string.Join(", ", words)}.");

    static int Number(IConfiguration configuration, string key, int otherwise, int min, int max) =>
        configuration[key] is not { } text ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max ? number
        : throw new InvalidOperationException($"{key} is '{text}'. Set a whole number from {min} to {max}.");
}
