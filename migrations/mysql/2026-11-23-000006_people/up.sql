-- What a person who logs in may read beside their own history; one scope a line.
ALTER TABLE `users` ADD COLUMN `scopes` MEDIUMTEXT NOT NULL;

-- Passwords of people, hashed (Argon2id, in PHC's form). The stamp is random and another with
-- each password: a token carries it, and so ends with the password. A user who is deleted takes
-- the password along.
CREATE TABLE `passwords` (
    `username` VARBINARY(1024) NOT NULL,
    `hash` VARCHAR(255) NOT NULL,
    `stamp` VARBINARY(32) NOT NULL,
    PRIMARY KEY (`username`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
