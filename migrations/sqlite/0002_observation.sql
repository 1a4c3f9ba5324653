-- Observations as rows that can be asked for by datastream and time. The journal is the truth: a row here stands beside
-- its entry from the same transaction, and what an older program did not write is filled in from the journal at the start.

CREATE TABLE observation (
    seq INTEGER NOT NULL PRIMARY KEY,
    source_key INTEGER NOT NULL,
    mode TEXT NOT NULL,
    datastream TEXT NOT NULL,
    phenomenon_at INTEGER NOT NULL,
    phenomenon_end INTEGER,
    result_at INTEGER,
    recorded_at INTEGER NOT NULL,
    number REAL,
    text TEXT,
    unit TEXT,
    quality TEXT,
    raw TEXT
) STRICT;
CREATE INDEX observation_stream ON observation (source_key, datastream, phenomenon_at, seq);
