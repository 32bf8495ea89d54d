namespace Souk.Prove.Checks;

/// <summary>The statements of <see cref="RowChecks"/>. Those that look for breaches answer a text for each.</summary>
internal static class RowSql
{
    public const string Orders = "SELECT id, number, lines::text, total, status, fulfilment_status FROM ordering.orders";

    public const string OrdersOfKeys = "SELECT id, idempotency_key FROM ordering.orders WHERE idempotency_key = ANY($1)";

    public const string CountOrders = "SELECT count(*) FROM ordering.orders";

    public const string CountStock = "SELECT count(*) FROM ordering.stock";

    public const string CountCharges = "SELECT count(*) FROM payments.sandbox_charges";

    public const string CountEvents = "SELECT count(*) FROM platform.outbox";

    public const string CountMessages = "SELECT count(*) FROM notifications.messages";

    public const string KeysWithTwoEffects = """
        SELECT format('the key %s made %s orders', idempotency_key, count(*)) FROM ordering.orders GROUP BY customer_id, idempotency_key HAVING count(*) > 1
        UNION ALL
        SELECT format('the key %s made %s payments', idempotency_key, count(*)) FROM payments.payments GROUP BY customer_id, idempotency_key HAVING count(*) > 1
        """;

    public const string Oversold = """
        SELECT format('variant %s: on hand %s, reserved %s', variant_id, on_hand, reserved) FROM ordering.stock WHERE reserved < 0 OR on_hand + oversold_max < reserved
        """;

    public const string StockThatDoesNotAddUp = """
        WITH levels AS (
            SELECT variant_id, sum(on_hand) AS lies FROM ordering.stock_levels GROUP BY variant_id
        ), moves AS (
            SELECT variant_id, sum(delta) AS moved FROM ordering.stock_movements GROUP BY variant_id
        )
        SELECT format('variant %s: on hand %s, reserved %s, on its shelves %s, moved %s', s.variant_id, s.on_hand, s.reserved, lies, moved)
        FROM ordering.stock s LEFT JOIN levels USING (variant_id) LEFT JOIN moves USING (variant_id)
        WHERE s.reserved < 0 OR s.on_hand + s.oversold_max < s.reserved OR s.on_hand <> coalesce(lies, 0) OR s.on_hand <> coalesce(moved, 0)
        UNION ALL
        SELECT format('variant %s: %s lie at %s, where %s were moved', variant_id, l.on_hand, location_id, moved)
        FROM ordering.stock_levels l
        JOIN LATERAL (SELECT coalesce(sum(delta), 0) AS moved FROM ordering.stock_movements m WHERE m.variant_id = l.variant_id AND m.location_id = l.location_id) AS m ON true
        WHERE l.on_hand <> moved OR l.on_hand < 0
        """;

    // Orders take stock until their units leave the shelf, a kit as what it is made of; carts while they are held.
    public const string Promised = """
        WITH open AS (
            SELECT line FROM ordering.orders o CROSS JOIN LATERAL jsonb_array_elements(o.lines) AS line WHERE o.status IN ('placed', 'paid') AND NOT o.off_shelf
        ), taken AS (
            SELECT line ->> 'variantId' AS id, (line ->> 'quantity')::bigint AS units FROM open WHERE line -> 'components' IS NULL
            UNION ALL
            SELECT part ->> 'variantId', (part ->> 'quantity')::bigint * (line ->> 'quantity')::bigint
            FROM open CROSS JOIN LATERAL jsonb_array_elements(line -> 'components') AS part WHERE line -> 'components' IS NOT NULL
            UNION ALL
            SELECT held ->> 'variantId', (held ->> 'quantity')::bigint FROM ordering.carts c CROSS JOIN LATERAL jsonb_array_elements(c.held) AS held WHERE c.held IS NOT NULL
        )
        SELECT id, sum(units)::bigint FROM taken GROUP BY id
        """;

    public const string MovedByHand = "SELECT variant_id, sum(delta)::bigint FROM ordering.stock_movements WHERE reason <> 'shipped' GROUP BY variant_id";

    // As docs/payments.md has it: the books of the sandbox are those of the other side.
    public const string ChargedTwiceOrForNothing = """
        SELECT format('order %s was charged %s times', p.order_id, count(*))
        FROM payments.sandbox_charges s JOIN payments.payments p ON p.id = s.payment_id WHERE s.status = 'captured' GROUP BY p.order_id HAVING count(*) > 1
        UNION ALL
        SELECT format('payment %s of order %s was captured, and no order took it', p.id, p.order_id)
        FROM payments.sandbox_charges s JOIN payments.payments p ON p.id = s.payment_id WHERE s.status = 'captured' AND p.accepted_at IS NULL
        UNION ALL
        SELECT format('charge %s of the sandbox is of no payment', s.payment_id)
        FROM payments.sandbox_charges s LEFT JOIN payments.payments p ON p.id = s.payment_id LEFT JOIN payments.top_ups t ON t.id = s.payment_id WHERE p.id IS NULL AND t.id IS NULL
        UNION ALL
        SELECT format('top-up %s was captured by the sandbox and not credited', s.payment_id)
        FROM payments.sandbox_charges s JOIN payments.top_ups t ON t.id = s.payment_id WHERE s.status = 'captured' AND t.credited_at IS NULL
        UNION ALL
        SELECT format('payment %s is still pending', id) FROM payments.payments WHERE status = 'pending'
        """;

    public const string PaidWithoutMoney = """
        SELECT format('order %s is %s with payment %s; accepted is payment %s of %s, and it costs %s', o.id, o.status, o.payment_id, p.id, p.amount, o.total)
        FROM ordering.orders o
        FULL JOIN (SELECT * FROM payments.payments WHERE accepted_at IS NOT NULL) AS p ON p.customer_id = o.customer_id AND p.order_id = o.id
        WHERE (o.status IS DISTINCT FROM 'paid' AND p.id IS NOT NULL)
           OR (o.status = 'paid' AND (p.id IS NULL OR p.status <> 'captured' OR p.id <> o.payment_id OR p.amount <> o.total OR p.currency <> o.currency))
        """;

    public const string Histories = """
        SELECT o.id, o.status, o.fulfilment_status, o.version, coalesce(c.was, '{}'), coalesce(c.became, '{}')
        FROM ordering.orders o LEFT JOIN (
            SELECT customer_id, order_id, array_agg(status_from ORDER BY version) AS was, array_agg(status_to ORDER BY version) AS became
            FROM ordering.order_changes GROUP BY customer_id, order_id
        ) AS c ON c.customer_id = o.customer_id AND c.order_id = o.id
        """;

    public const string EndedNotOnce = """
        SELECT format('order %s is %s and was told closed %s times', o.id, o.status, coalesce(e.times, 0))
        FROM ordering.orders o LEFT JOIN (SELECT aggregate_id, count(*) AS times FROM platform.outbox WHERE type = 'order.closed' GROUP BY aggregate_id) AS e ON e.aggregate_id = o.id
        WHERE coalesce(e.times, 0) <> (o.status IN ('cancelled', 'expired'))::int
        UNION ALL
        SELECT format('order %s should have expired at %s', id, expires_at) FROM ordering.orders WHERE status = 'placed' AND expires_at < now() - interval '1 minute'
        """;

    // The log keeps a week. Each change of an order counts its version one up, and is told once.
    public const string EventsMissing = """
        SELECT format('order %s has version %s, and its events are %s', o.id, o.version, e.versions)
        FROM ordering.orders o LEFT JOIN (
            SELECT aggregate_id, array_agg(version ORDER BY version) AS versions FROM platform.outbox WHERE type LIKE 'order.%' GROUP BY aggregate_id
        ) AS e ON e.aggregate_id = o.id
        WHERE e.versions IS DISTINCT FROM ARRAY(SELECT generate_series(1, o.version))
        UNION ALL
        SELECT format('%s of %s: events %s', split_part(type, '.', 1), aggregate_id, array_agg(version ORDER BY version))
        FROM platform.outbox WHERE type NOT LIKE 'order.%' GROUP BY split_part(type, '.', 1), aggregate_id HAVING count(*) <> max(version) OR count(DISTINCT version) <> count(*)
        """;

    public const string InboxNotWhole = """
        WITH told AS (
            SELECT customer_id, count(*) AS messages, min(sequence) AS first, max(sequence) AS last FROM notifications.messages GROUP BY customer_id
        ), happened AS (
            SELECT (payload ->> 'customerId')::uuid AS customer_id, count(*) AS events
            FROM platform.outbox WHERE type LIKE 'order.%' OR type = 'payment.status_changed' GROUP BY 1
        )
        SELECT format('customer %s: %s events, %s messages from %s to %s, stream at %s', coalesce(h.customer_id, t.customer_id), events, messages, first, last, last_sequence)
        FROM happened h FULL JOIN told t USING (customer_id) LEFT JOIN notifications.streams s ON s.customer_id = coalesce(h.customer_id, t.customer_id)
        WHERE events IS DISTINCT FROM messages OR first <> 1 OR last <> messages OR last_sequence <> last
        UNION ALL
        SELECT format('customer %s was told of order %s: %s', customer_id, payload ->> 'orderId', array_agg(type || coalesce(' ' || (payload ->> 'status'), '') ORDER BY sequence))
        FROM notifications.messages WHERE type LIKE 'order.%' GROUP BY customer_id, payload ->> 'orderId'
        HAVING (array_agg(type ORDER BY sequence))[1] <> 'order.placed'
            OR array_agg(coalesce(payload ->> 'status', type) ORDER BY sequence) <> array_agg(coalesce(payload ->> 'status', type) ORDER BY
                array_position(ARRAY['order.placed', 'order.paid', 'cancelled', 'expired', 'packed', 'shipped', 'delivered'], coalesce(payload ->> 'status', type)))
        """;

    // Schedules enqueue the next tick while we look; a job that is due long since is left over.
    public const string WorkLeft = """
        SELECT format('%s is behind the log of events', name) FROM platform.subscribers s WHERE EXISTS (SELECT FROM platform.outbox o WHERE (o.xid, o.id) > (s.xid, s.id))
        UNION ALL
        SELECT format('%s has parked %s of %s: version %s', subscriber, type, aggregate_id, version) FROM platform.parked_events
        UNION ALL
        SELECT format('the job %s failed for good: %s', type, last_error) FROM platform.dead_jobs
        UNION ALL
        SELECT format('the job %s was tried %s times and is left: %s', type, attempts, last_error) FROM platform.jobs WHERE NOT args ? 'dueAt'
        """;

    // Every transfer is one row between two accounts; what accounts count must be what their transfers add up to.
    public const string LedgerOutOfBalance = """
        SELECT format('%s: debits %s, credits %s', currency, sum(debits_posted), sum(credits_posted)) FROM ledger.accounts GROUP BY currency HAVING sum(debits_posted) <> sum(credits_posted)
        UNION ALL
        SELECT format('account %s counts debits %s and credits %s; its transfers say %s and %s', a.id, a.debits_posted, a.credits_posted, coalesce(d.amount, 0), coalesce(c.amount, 0))
        FROM ledger.accounts a
        LEFT JOIN (SELECT debit_account_id AS id, sum(amount) AS amount FROM ledger.transfers WHERE phase IN ('single', 'post') GROUP BY 1) AS d USING (id)
        LEFT JOIN (SELECT credit_account_id AS id, sum(amount) AS amount FROM ledger.transfers WHERE phase IN ('single', 'post') GROUP BY 1) AS c USING (id)
        WHERE a.debits_posted <> coalesce(d.amount, 0) OR a.credits_posted <> coalesce(c.amount, 0)
        UNION ALL
        SELECT format('account %s has spent more than it has', id) FROM ledger.accounts WHERE limited_by = 'credits' AND debits_posted + debits_pending > credits_posted
        """;

    /// <summary>Of this database; the count begins anew when PostgreSQL is shut down at once.</summary>
    public const string Deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";

    /// <summary>What still has to be done before anything can be checked.</summary>
    public const string Unsettled = """
        SELECT (SELECT count(*) FROM platform.subscribers s WHERE EXISTS (SELECT FROM platform.outbox o WHERE (o.xid, o.id) > (s.xid, s.id)))
             + (SELECT count(*) FROM platform.parked_events) + (SELECT count(*) FROM platform.jobs WHERE NOT args ? 'dueAt')
             + (SELECT count(*) FROM ordering.orders WHERE status = 'placed') + (SELECT count(*) FROM ordering.carts WHERE held IS NOT NULL)
        """;
}
