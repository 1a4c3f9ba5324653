-- Legal holds: what was said in these hours and in this area stays sealed, though it was taken back, until the hold is released.
CREATE TABLE legal_hold (
    hold_id BIGINT NOT NULL PRIMARY KEY,
    mode TEXT NOT NULL,
    since_at BIGINT NOT NULL,
    until_at BIGINT,
    west DOUBLE PRECISION,
    south DOUBLE PRECISION,
    east DOUBLE PRECISION,
    north DOUBLE PRECISION,
    reason TEXT NOT NULL,
    situation BIGINT,
    set_by TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    released_by TEXT,
    released_at BIGINT
);
