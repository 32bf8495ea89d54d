-- Reads the table beside those who write it: see 0004.
ALTER TABLE identity.accounts VALIDATE CONSTRAINT accounts_password_hash_form;
