-- API keys. Of a key only the hash of its secret is kept; times are microseconds, UTC.
CREATE TABLE `api_keys` (
    `id` VARBINARY(16) NOT NULL,
    `secret_hash` BINARY(32) NOT NULL,
    `username` VARBINARY(1024) NULL,
    `agent_number` VARBINARY(1024) NULL,
    `scopes` TEXT NOT NULL,
    `created_at` BIGINT NOT NULL,
    `expires_at` BIGINT NULL,
    `revoked_at` BIGINT NULL,
    `last_used_at` BIGINT NULL,
    PRIMARY KEY (`id`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
