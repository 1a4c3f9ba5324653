-- The partner desk: what each source sent, hour by hour; whom to tell when it falls silent, and when they were told.

-- Written in the transaction of what it counts.
CREATE TABLE ledger_hour (
    source_key INTEGER NOT NULL REFERENCES source (source_key),
    hour INTEGER NOT NULL,
    received INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    folded INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (source_key, hour),
    CHECK (received = accepted + folded + rejected)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_hour_hour ON ledger_hour (hour);

CREATE TABLE ledger_hour_rejected (
    source_key INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    reason TEXT NOT NULL,
    n INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    detail TEXT,
    PRIMARY KEY (source_key, hour, reason)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_hour_rejected_hour ON ledger_hour_rejected (hour);

CREATE TABLE source_contact (
    source_id TEXT NOT NULL PRIMARY KEY,
    webhook TEXT,
    phone TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE source_told (
    source_key INTEGER NOT NULL PRIMARY KEY REFERENCES source (source_key),
    since INTEGER NOT NULL,
    told_at INTEGER
) STRICT;
