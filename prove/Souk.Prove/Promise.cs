namespace Souk.Prove;

/// <summary>What the shop promises. Each is checked by a check of that name, or while answers come.</summary>
internal enum Promise
{
    Answers, NoFailure, NothingLeaks, OneEffect, SameContent, OneOrderPerCart, CartAsSeen, NothingUnasked,
    AcceptedIsKept, RefusedIsNothing, StockAddsUp, StockIsPromised, StockIsAsTold, ChargedOnce, PaidIsCaptured, HistoryIsAPath, EndedOnce, EventsAreTold, InboxIsWhole, WorkIsDone,
    LedgerBalances, WalletIsAsTold, NoDeadlock,
}

internal static class Promises
{
    /// <summary>The promise in a sentence.</summary>
    public static string Sentence(this Promise promise) => promise switch
    {
        Promise.Answers => "Every request gets an answer that its documentation names, and a definite one in the end.",
        Promise.NoFailure => "No request is answered with 500 while nothing is disturbed.",
        Promise.NothingLeaks => "No failure shows what is inside: no stack trace, no exception, no SQL.",
        Promise.OneEffect => "A request has one effect, however often it is sent under its Idempotency-Key.",
        Promise.SameContent => "Every repetition of an order is answered with the same number, lines and total.",
        Promise.OneOrderPerCart => "A cart becomes at most one order, whoever orders it at once.",
        Promise.CartAsSeen => "A cart that is edited while it is ordered is sold as it was before or after the edit, never a mixture.",
        Promise.NothingUnasked => "No process of the shop ends that nobody killed.",
        Promise.AcceptedIsKept => "Every order that a client saw accepted is there, with the same content, and no further back than the client was told.",
        Promise.RefusedIsNothing => "What was refused for good has left nothing behind.",
        Promise.StockAddsUp => "Stock is never negative or oversold, and what lies on the shelves is the sum of all movements.",
        Promise.StockIsPromised => "What is reserved is exactly what open orders and held carts take: nothing is released twice, nothing is forgotten.",
        Promise.StockIsAsTold => "What lies on the shelves is what staff were told: each accepted adjustment once, no refused one.",
        Promise.ChargedOnce => "No order is charged twice, and no money is kept that no order took.",
        Promise.PaidIsCaptured => "An order is paid exactly when one captured payment of its total was accepted for it.",
        Promise.HistoryIsAPath => "The history of every order is a path in the diagram, and ends where the order stands.",
        Promise.EndedOnce => "An order that was cancelled or has expired ended once, and no unpaid order outlives its hold time.",
        Promise.EventsAreTold => "Every change of an order has its event, numbered without gaps.",
        Promise.InboxIsWhole => "Customers were told everything, once and in order.",
        Promise.WorkIsDone => "Every event was handed on, and no job failed for good or was left over.",
        Promise.LedgerBalances => "The debits of the ledger are its credits.",
        Promise.WalletIsAsTold => "A wallet holds what its owner was told: each top-up, transfer and payment once, never more spent than there was.",
        Promise.NoDeadlock => "All writers take their locks in one order: PostgreSQL saw no deadlock.",
        _ => throw new ArgumentOutOfRangeException(nameof(promise)),
    };
}
