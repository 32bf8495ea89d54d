-- Besides hashes of ours, accounts may have those of the systems that they came from, until their first sign-in.
-- The wider condition is not checked against what is there: all of it met the narrower one. 0008 has it checked without holding anybody up.
ALTER TABLE identity.accounts DROP CONSTRAINT IF EXISTS accounts_password_hash_check;
ALTER TABLE identity.accounts ADD CONSTRAINT accounts_password_hash_form CHECK (
    length(password_hash) <= 512
    AND (password_hash LIKE '$argon2id$%' OR password_hash ~ '^(\$2[aby]\$|\$pbkdf2-sha(256|512)\$|pbkdf2_sha256\$|AQAAAA)')
) NOT VALID;
