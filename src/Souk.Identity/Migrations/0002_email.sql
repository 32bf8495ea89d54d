-- Whose e-mail is proved, and what the mails carry that prove it.

-- Of accounts made before, and of those made while the shop verified none, nothing is asked: both columns say so by their defaults.
ALTER TABLE identity.accounts ADD COLUMN email_verified_at timestamptz;
ALTER TABLE identity.accounts ADD COLUMN must_verify_email boolean NOT NULL DEFAULT false;
ALTER TABLE identity.accounts ADD CONSTRAINT accounts_verify_until_verified CHECK (NOT must_verify_email OR email_verified_at IS NULL) NOT VALID;

-- One row for each mail that carries a token, and for each that a stranger can cause: they are counted, so that nobody's mailbox is flooded. The token
-- follows from the row's ids and a key outside the database; nothing of it is here.
--   open -> used          (it did its work, once)
--   open -> withdrawn     (a later one took its place, the password or the address changed)
--   open -> expired       (expires_at has passed: no write)
CREATE TABLE identity.mail_tokens (
    account_id   uuid        NOT NULL,
    id           uuid        NOT NULL,
    purpose      text        NOT NULL CHECK (purpose IN ('verify_email', 'reset_password', 'change_email', 'notice')),
    email        bytea,                               -- change_email: the new address, encrypted
    email_index  bytea       CHECK (length(email_index) = 17),
    old_email    bytea,                               -- change_email: the address until then, encrypted
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL CHECK (expires_at > created_at),
    used_at      timestamptz,
    withdrawn_at timestamptz,
    PRIMARY KEY (account_id, id),
    CONSTRAINT mail_tokens_end_once CHECK (used_at IS NULL OR withdrawn_at IS NULL),
    CONSTRAINT mail_tokens_change_from_and_to CHECK (num_nonnulls(email, email_index, old_email) = CASE purpose WHEN 'change_email' THEN 3 ELSE 0 END)
);
ALTER TABLE identity.mail_tokens ADD CONSTRAINT mail_tokens_of_an_account FOREIGN KEY (account_id) REFERENCES identity.accounts (id) ON DELETE CASCADE;
CREATE INDEX mail_tokens_by_end ON identity.mail_tokens (expires_at);
CREATE INDEX mail_tokens_by_address ON identity.mail_tokens (email_index, created_at) WHERE email_index IS NOT NULL;
