-- Observations as rows that can be asked for by datastream and time. The journal is the truth: a row here stands beside
-- its entry from the same transaction, and what an older program did not write is filled in from the journal at the start.

CREATE TABLE observation (
    seq BIGINT NOT NULL PRIMARY KEY,
    source_key BIGINT NOT NULL,
    mode TEXT NOT NULL,
    datastream TEXT NOT NULL,
    phenomenon_at BIGINT NOT NULL,
    phenomenon_end BIGINT,
    result_at BIGINT,
    recorded_at BIGINT NOT NULL,
    number DOUBLE PRECISION,
    text TEXT,
    unit TEXT,
    quality TEXT,
    raw TEXT
);
CREATE INDEX observation_stream ON observation (source_key, datastream, phenomenon_at, seq);
