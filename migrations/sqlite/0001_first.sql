-- The first schema. Types differ between the two dialects; names, keys and order do not.

CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE source (
    source_key INTEGER NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    mode TEXT NOT NULL,
    received INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    folded INTEGER NOT NULL,
    newest INTEGER,
    received_at INTEGER
) STRICT;

CREATE TABLE source_rejected (
    source_key INTEGER NOT NULL REFERENCES source (source_key),
    reason TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (source_key, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE partner_key (
    id TEXT NOT NULL PRIMARY KEY,
    secret_sha256 BLOB NOT NULL,
    source_key INTEGER NOT NULL REFERENCES source (source_key),
    partner TEXT NOT NULL,
    scopes TEXT NOT NULL,
    mode TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE operator (
    name TEXT NOT NULL PRIMARY KEY,
    role TEXT NOT NULL,
    password_phc TEXT NOT NULL,
    disabled INTEGER NOT NULL,
    generation INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    id_sha256 TEXT NOT NULL PRIMARY KEY,
    record TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_expires ON session (expires_at);

-- Nothing personal stands here. row_sha256 covers every other column.
CREATE TABLE journal (
    seq INTEGER NOT NULL PRIMARY KEY,
    recorded_at INTEGER NOT NULL,
    mode TEXT NOT NULL,
    source_key INTEGER NOT NULL,
    kind TEXT NOT NULL,
    report_id BLOB,
    row_bytes BLOB NOT NULL,
    row_sha256 BLOB NOT NULL
) STRICT;

-- The personal part, sealed under the key of its entry.
CREATE TABLE payload (
    seq INTEGER NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;

-- The keys, each wrapped by the master key. To erase a report is to delete its keys.
CREATE TABLE payload_key (
    seq INTEGER NOT NULL PRIMARY KEY,
    report_id BLOB NOT NULL,
    wrapped BLOB NOT NULL
) STRICT;
CREATE INDEX payload_key_report ON payload_key (report_id);

-- Saved Worlds. A checkpoint is whole once its row here stands; its bytes lie in parts, sealed by the master key.
CREATE TABLE checkpoint (
    seq INTEGER NOT NULL,
    mode TEXT NOT NULL,
    taken_at INTEGER NOT NULL,
    n_parts INTEGER NOT NULL,
    keep INTEGER NOT NULL,
    PRIMARY KEY (seq, mode)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoint_part (
    seq INTEGER NOT NULL,
    mode TEXT NOT NULL,
    part INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (seq, mode, part)
) STRICT;
