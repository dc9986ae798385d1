-- How far each table (or log file) of a PBX that is followed was copied. Written in the
-- transaction of the rows; what a position holds is the follower's affair (JSON).
CREATE TABLE `source_positions` (
    `source` TEXT NOT NULL,
    `part` TEXT NOT NULL,
    `position` TEXT NOT NULL,
    PRIMARY KEY (`source`, `part`)
) WITHOUT ROWID;
