-- outside a transaction
ALTER TABLE identity.sessions VALIDATE CONSTRAINT sessions_revoked_because_known;
