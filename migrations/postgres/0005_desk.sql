-- The partner desk: what each source sent, hour by hour; whom to tell when it falls silent, and when they were told.

-- Written in the transaction of what it counts.
CREATE TABLE ledger_hour (
    source_key BIGINT NOT NULL REFERENCES source (source_key),
    hour BIGINT NOT NULL,
    received BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    folded BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (source_key, hour),
    CHECK (received = accepted + folded + rejected)
);
CREATE INDEX ledger_hour_hour ON ledger_hour (hour);

CREATE TABLE ledger_hour_rejected (
    source_key BIGINT NOT NULL,
    hour BIGINT NOT NULL,
    reason TEXT NOT NULL,
    n BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    detail TEXT,
    PRIMARY KEY (source_key, hour, reason)
);
CREATE INDEX ledger_hour_rejected_hour ON ledger_hour_rejected (hour);

CREATE TABLE source_contact (
    source_id TEXT NOT NULL PRIMARY KEY,
    webhook TEXT,
    phone TEXT
);

CREATE TABLE source_told (
    source_key BIGINT NOT NULL PRIMARY KEY REFERENCES source (source_key),
    since BIGINT NOT NULL,
    told_at BIGINT
);
