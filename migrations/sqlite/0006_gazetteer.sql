-- The gazetteer as it was imported last: one row, replaced as a whole.
CREATE TABLE gazetteer (
    slot INTEGER NOT NULL PRIMARY KEY CHECK (slot = 1),
    version TEXT NOT NULL,
    imported_at INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
