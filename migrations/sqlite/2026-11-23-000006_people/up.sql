-- What a person who logs in may read beside their own history; one scope a line.
ALTER TABLE `users` ADD COLUMN `scopes` TEXT NOT NULL DEFAULT '';

-- Passwords of people, hashed (Argon2id, in PHC's form). The stamp is random and another with
-- each password: a token carries it, and so ends with the password. A user who is deleted takes
-- the password along.
CREATE TABLE `passwords` (
    `username` TEXT NOT NULL,
    `hash` TEXT NOT NULL,
    `stamp` TEXT NOT NULL,
    PRIMARY KEY (`username`)
) WITHOUT ROWID;
