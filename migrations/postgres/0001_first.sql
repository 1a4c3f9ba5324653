-- The first schema. Types differ between the two dialects; names, keys and order do not.

CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE source (
    source_key BIGINT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    mode TEXT NOT NULL,
    received BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    folded BIGINT NOT NULL,
    newest BIGINT,
    received_at BIGINT
);

CREATE TABLE source_rejected (
    source_key BIGINT NOT NULL REFERENCES source (source_key),
    reason TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (source_key, reason)
);

CREATE TABLE partner_key (
    id TEXT NOT NULL PRIMARY KEY,
    secret_sha256 BYTEA NOT NULL,
    source_key BIGINT NOT NULL REFERENCES source (source_key),
    partner TEXT NOT NULL,
    scopes TEXT NOT NULL,
    mode TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE TABLE operator (
    name TEXT NOT NULL PRIMARY KEY,
    role TEXT NOT NULL,
    password_phc TEXT NOT NULL,
    disabled BIGINT NOT NULL,
    generation BIGINT NOT NULL
);

CREATE TABLE session (
    id_sha256 TEXT NOT NULL PRIMARY KEY,
    record TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_expires ON session (expires_at);

-- Nothing personal stands here. row_sha256 covers every other column.
CREATE TABLE journal (
    seq BIGINT NOT NULL PRIMARY KEY,
    recorded_at BIGINT NOT NULL,
    mode TEXT NOT NULL,
    source_key BIGINT NOT NULL,
    kind TEXT NOT NULL,
    report_id BYTEA,
    row_bytes BYTEA NOT NULL,
    row_sha256 BYTEA NOT NULL
);

-- The personal part, sealed under the key of its entry.
CREATE TABLE payload (
    seq BIGINT NOT NULL PRIMARY KEY,
    sealed BYTEA NOT NULL
);

-- The keys, each wrapped by the master key. To erase a report is to delete its keys.
CREATE TABLE payload_key (
    seq BIGINT NOT NULL PRIMARY KEY,
    report_id BYTEA NOT NULL,
    wrapped BYTEA NOT NULL
);
CREATE INDEX payload_key_report ON payload_key (report_id);

-- Saved Worlds. A checkpoint is whole once its row here stands; its bytes lie in parts, sealed by the master key.
CREATE TABLE checkpoint (
    seq BIGINT NOT NULL,
    mode TEXT NOT NULL,
    taken_at BIGINT NOT NULL,
    n_parts BIGINT NOT NULL,
    keep BIGINT NOT NULL,
    PRIMARY KEY (seq, mode)
);

CREATE TABLE checkpoint_part (
    seq BIGINT NOT NULL,
    mode TEXT NOT NULL,
    part BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (seq, mode, part)
);
