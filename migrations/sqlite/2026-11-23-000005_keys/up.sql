-- API keys. Of a key only the hash of its secret is kept; times are microseconds, UTC.
CREATE TABLE `api_keys` (
    `id` TEXT NOT NULL PRIMARY KEY,
    `secret_hash` BLOB NOT NULL,
    `username` TEXT NULL,
    `agent_number` TEXT NULL,
    `scopes` TEXT NOT NULL,
    `created_at` BIGINT NOT NULL,
    `expires_at` BIGINT NULL,
    `revoked_at` BIGINT NULL,
    `last_used_at` BIGINT NULL
) WITHOUT ROWID;
