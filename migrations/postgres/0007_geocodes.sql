-- Which areas the codes of a scheme stand for, as they were imported last: one row a scheme, replaced as a whole.
CREATE TABLE geocodes (
    scheme TEXT NOT NULL PRIMARY KEY,
    imported_at BIGINT NOT NULL,
    codes BYTEA NOT NULL
);
