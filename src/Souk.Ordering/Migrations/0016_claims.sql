-- A guest who became an account: the guest's orders stay where they are, and the account sees them. A guest belongs to one account: keyed by the guest alone.
CREATE TABLE ordering.customer_aliases (
    guest_id   uuid        NOT NULL PRIMARY KEY,
    account_id uuid        NOT NULL,
    claimed_at timestamptz NOT NULL,
    CONSTRAINT alias_is_another CHECK (guest_id <> account_id)
);
CREATE INDEX customer_aliases_of_account ON ordering.customer_aliases (account_id);
