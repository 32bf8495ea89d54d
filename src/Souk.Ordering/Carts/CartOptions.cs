namespace Souk.Ordering.Carts;

/// <summary>Configuration section <c>Carts</c>. Values out of range stop the start.</summary>
internal sealed class CartOptions
{
    const int ForgetAfterDaysMax = 3_650;

    /// <summary>A cart that nobody has changed for so many days is removed, 1..3,650. Default 90.</summary>
    public int ForgetAfterDays { get; init; } = 90;

    public static CartOptions Read(IConfiguration configuration)
    {
        var options = configuration.GetSection("Carts").Get<CartOptions>() ?? new();
        return options.ForgetAfterDays is >= 1 and <= ForgetAfterDaysMax ? options : throw new InvalidOperationException(
            $"The setting Carts:{nameof(ForgetAfterDays)} is {options.ForgetAfterDays}; it goes from 1 to {ForgetAfterDaysMax}.");
    }
}
