-- What a key is bound to beside its scopes, and what partners sent that was refused, for a day.

ALTER TABLE partner_key ADD COLUMN kind TEXT NOT NULL DEFAULT 'full';
ALTER TABLE partner_key ADD COLUMN area TEXT;
ALTER TABLE partner_key ADD COLUMN requests_per_s INTEGER;
ALTER TABLE partner_key ADD COLUMN items_per_s INTEGER;
ALTER TABLE partner_key ADD COLUMN items_per_day INTEGER;
ALTER TABLE partner_key ADD COLUMN expires_at INTEGER;

-- The item itself, its name and what is wrong with it are sealed under a key of their own, as reports are.
CREATE TABLE dead_letter (
    id INTEGER NOT NULL PRIMARY KEY,
    source_key INTEGER NOT NULL REFERENCES source (source_key),
    mode TEXT NOT NULL,
    -- What it was to become, and in which form it came.
    kind TEXT NOT NULL,
    form TEXT NOT NULL,
    reason TEXT NOT NULL,
    -- Of an observation.
    datastream TEXT,
    -- Of a report that has an id.
    report_id BLOB,
    received_at INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    wrapped BLOB NOT NULL
) STRICT;
CREATE INDEX dead_letter_source ON dead_letter (source_key, id);
CREATE INDEX dead_letter_received ON dead_letter (received_at);
CREATE INDEX dead_letter_report ON dead_letter (report_id);
