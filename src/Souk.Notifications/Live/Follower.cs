using Souk.Contracts;

namespace Souk.Notifications.Live;

/// <summary>Whose stream is followed.</summary>
/// <param name="SessionId">When it ends, so does the stream; null for a guest, who has none.</param>
internal sealed record Follower(Guid CustomerId, Guid? SessionId)
{
    public const string OrderTokenHeader = "Souk-Order-Token";

    /// <summary>The signed-in account, also when an order token came along; else the guest that the token names.</summary>
    public static Result<Follower> Of(Caller caller, string? orderToken, IOrdering ordering) =>
        caller.AccountId is { } account ? new Follower(account, caller.SessionId)
        : string.IsNullOrEmpty(orderToken) ? LiveErrors.NotSignedIn
        : ordering.CustomerOfOrderToken(orderToken) is { } guest ? new Follower(guest, null)
        : LiveErrors.OrderTokenInvalid;
}
