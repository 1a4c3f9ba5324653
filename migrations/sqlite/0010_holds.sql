-- Legal holds: what was said in these hours and in this area stays sealed, though it was taken back, until the hold is released.
CREATE TABLE legal_hold (
    hold_id INTEGER NOT NULL PRIMARY KEY,
    mode TEXT NOT NULL,
    since_at INTEGER NOT NULL,
    until_at INTEGER,
    west REAL,
    south REAL,
    east REAL,
    north REAL,
    reason TEXT NOT NULL,
    situation INTEGER,
    set_by TEXT NOT NULL,
    set_at INTEGER NOT NULL,
    released_by TEXT,
    released_at INTEGER
) STRICT;
