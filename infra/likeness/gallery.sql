-- Faces and voices of everybody who is enrolled or being enrolled, each sealed for its attempt.

-- name: create
-- sealed is PERSONAL: a biometric template, readable only with the attempt's key, which the vault
-- keeps apart from this database. kind is enrolled, or protected for people whom nobody may enrol.
CREATE SCHEMA IF NOT EXISTS likeness;

CREATE TABLE IF NOT EXISTS likeness.gallery (
    enrolment_id text        PRIMARY KEY COLLATE "C",
    cameo_id     text        NOT NULL COLLATE "C",
    account_id   text        NOT NULL COLLATE "C",
    kind         text        NOT NULL CHECK (kind IN ('enrolled', 'protected')),
    sealed       bytea       NOT NULL
);

COMMENT ON COLUMN likeness.gallery.sealed IS
    'PERSONAL: a sealed biometric template; for comparison with new attempts only';

-- name: enter
-- A repeated step seals anew; the later bytes say the same.
INSERT INTO likeness.gallery (enrolment_id, cameo_id, account_id, kind, sealed)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (enrolment_id) DO UPDATE SET sealed = excluded.sealed;

-- name: others
-- Everybody's but this account's.
SELECT enrolment_id, cameo_id, kind, sealed FROM likeness.gallery
WHERE account_id <> $1 ORDER BY enrolment_id;

-- name: protected
-- Everybody whom nobody may enrol.
SELECT enrolment_id FROM likeness.gallery WHERE kind = 'protected' ORDER BY enrolment_id;

-- name: find
-- One attempt's own.
SELECT enrolment_id, cameo_id, account_id, kind, sealed FROM likeness.gallery
WHERE enrolment_id = $1;

-- name: withdraw
DELETE FROM likeness.gallery WHERE enrolment_id = $1;
