-- Double-entry: a transfer takes an amount from one account and gives it to another, in one row. So debits equal credits by shape; what an account
-- holds is counted beside its row, and entries and statements are read from transfers.
CREATE SCHEMA ledger;

-- The name under which a customer receives money: random, so that it tells nothing of whom it belongs to.
CREATE TABLE ledger.wallets (
    customer_id uuid        NOT NULL PRIMARY KEY,
    id          uuid        NOT NULL,
    created_at  timestamptz NOT NULL
);
CREATE UNIQUE INDEX wallets_by_id ON ledger.wallets (id);

-- Never deleted. The counters are the sums of the account's transfers; whoever changes them holds the row's lock.
CREATE TABLE ledger.accounts (
    id             uuid        NOT NULL PRIMARY KEY,        -- follows from kind, name and currency: who opens it twice opens one
    kind           text        NOT NULL CHECK (kind IN ('wallet', 'clearing', 'revenue', 'shipping', 'tax')),
    name           text        NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
    currency       char(3)     NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    customer_id    uuid,                                    -- whose wallet it is
    limited_by     text        NOT NULL CHECK (limited_by IN ('none', 'credits', 'debits')),
    debits_pending  bigint     NOT NULL DEFAULT 0 CHECK (debits_pending >= 0),
    debits_posted   bigint     NOT NULL DEFAULT 0 CHECK (debits_posted >= 0),
    credits_pending bigint     NOT NULL DEFAULT 0 CHECK (credits_pending >= 0),
    credits_posted  bigint     NOT NULL DEFAULT 0 CHECK (credits_posted >= 0),
    last_at        timestamptz NOT NULL,                    -- of its last transfer, at first of its opening: the next one is later
    opened_at      timestamptz NOT NULL,
    CONSTRAINT accounts_spend_what_they_have CHECK (limited_by <> 'credits' OR debits_pending + debits_posted <= credits_posted),
    CONSTRAINT accounts_receive_what_they_are_owed CHECK (limited_by <> 'debits' OR credits_pending + credits_posted <= debits_posted),
    -- What a JSON number holds exactly.
    CONSTRAINT accounts_are_countable CHECK (debits_pending + debits_posted <= 9007199254740991 AND credits_pending + credits_posted <= 9007199254740991),
    CONSTRAINT accounts_wallets_have_a_customer CHECK ((kind = 'wallet') = (customer_id IS NOT NULL))
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
CREATE UNIQUE INDEX accounts_of_a_customer ON ledger.accounts (customer_id, currency) WHERE customer_id IS NOT NULL;
CREATE INDEX accounts_by_kind ON ledger.accounts (kind, id);

-- Only ever inserted.
--   single: moves the amount at once
--   pending: sets it aside, until one other transfer posts (all or a part of it), voids or, when its time is out, expires it
-- Accounts are no foreign keys: they are locked and read before any transfer is written, and a transfer and its accounts need not lie on one shard.
CREATE TABLE ledger.transfers (
    id                uuid        NOT NULL PRIMARY KEY,     -- chosen by whoever asks: asking twice moves once
    debit_account_id  uuid        NOT NULL,
    credit_account_id uuid        NOT NULL,
    amount            bigint      NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    currency          char(3)     NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    code              text        NOT NULL CHECK (code ~ '^[a-z][a-z0-9_]{0,63}$'),   -- why
    phase             text        NOT NULL CHECK (phase IN ('single', 'pending', 'post', 'void', 'expire')),
    pending_id        uuid,                                 -- what it posts, voids or expires
    pending_amount    bigint,                               -- and how much was set aside
    timeout_seconds   int         CHECK (timeout_seconds > 0),
    reference         uuid,                                 -- what it is about, in the words of who asked
    created_at        timestamptz NOT NULL,                 -- each account's transfers are one after another
    debit_balance     bigint      NOT NULL,                 -- credits posted less debits posted of the account, after it
    credit_balance    bigint      NOT NULL,
    CONSTRAINT transfers_between_two CHECK (debit_account_id <> credit_account_id),
    CONSTRAINT transfers_end_what_is_pending CHECK ((phase IN ('post', 'void', 'expire')) = (pending_id IS NOT NULL) AND (pending_id IS NULL) = (pending_amount IS NULL)),
    CONSTRAINT transfers_post_no_more CHECK (amount <= pending_amount),
    CONSTRAINT transfers_give_back_all CHECK (phase NOT IN ('void', 'expire') OR amount = pending_amount),
    CONSTRAINT transfers_wait_while_pending CHECK (timeout_seconds IS NULL OR phase = 'pending')
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
-- What is pending ends once.
CREATE UNIQUE INDEX transfers_end_once ON ledger.transfers (pending_id) WHERE pending_id IS NOT NULL;
-- An account's transfers in order; no two of one side have the same time.
CREATE UNIQUE INDEX transfers_of_debit_account ON ledger.transfers (debit_account_id, created_at);
CREATE UNIQUE INDEX transfers_of_credit_account ON ledger.transfers (credit_account_id, created_at);

-- Pending transfers whose time may run out: from their beginning to their end.
CREATE TABLE ledger.time_outs (
    transfer_id uuid        NOT NULL PRIMARY KEY,
    expires_at  timestamptz NOT NULL
);
CREATE INDEX time_outs_due ON ledger.time_outs (expires_at);

-- Ids whose refusal was asked to be for good: whatever changes since, asking again is refused again.
CREATE TABLE ledger.refused_transfers (
    id         uuid        NOT NULL PRIMARY KEY,
    result     text        NOT NULL CHECK (length(result) BETWEEN 1 AND 64),
    refused_at timestamptz NOT NULL
);
