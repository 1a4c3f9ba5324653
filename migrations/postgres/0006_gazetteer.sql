-- The gazetteer as it was imported last: one row, replaced as a whole.
CREATE TABLE gazetteer (
    slot BIGINT NOT NULL PRIMARY KEY CHECK (slot = 1),
    version TEXT NOT NULL,
    imported_at BIGINT NOT NULL,
    body BYTEA NOT NULL
);
