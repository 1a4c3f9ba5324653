-- What partners say about their sensors in the model of SensorThings: entities and what ties them. Observations lie in the journal.

CREATE TABLE sta_entity (
    id INTEGER NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    source_key INTEGER NOT NULL REFERENCES source (source_key),
    mode TEXT NOT NULL,
    -- The partner's own id, of which it has one of a kind.
    external_id TEXT,
    -- Of a Datastream: its name in the journal.
    stream TEXT,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX sta_entity_external ON sta_entity (source_key, mode, kind, external_id);
CREATE UNIQUE INDEX sta_entity_stream ON sta_entity (source_key, mode, stream);

CREATE TABLE sta_link (
    kind TEXT NOT NULL,
    a_id INTEGER NOT NULL,
    b_id INTEGER NOT NULL,
    PRIMARY KEY (kind, a_id, b_id)
) STRICT, WITHOUT ROWID;
