-- Which artefact has which number in its marks, and which bytes are served for it.

-- name: create
-- Numbers are given out one at a time: a reader that asks for those above n misses none.
CREATE SCHEMA IF NOT EXISTS provenance;

CREATE TABLE IF NOT EXISTS provenance.artefacts (
    number      bigint PRIMARY KEY,
    artefact_id text   NOT NULL UNIQUE
);

CREATE TABLE IF NOT EXISTS provenance.served (
    sha256      text PRIMARY KEY,
    artefact_id text NOT NULL,
    copy_of     text
);

-- Tables of before copies were found by their video lack the column, and their rows its value.
ALTER TABLE provenance.served ADD COLUMN IF NOT EXISTS copy_of text;

CREATE INDEX IF NOT EXISTS served_copies
    ON provenance.served (copy_of) WHERE copy_of IS NOT NULL;

-- name: known
SELECT number FROM provenance.artefacts WHERE artefact_id = $1;

-- name: lock
-- Whoever gives out the next number does so alone, until its transaction ends.
LOCK TABLE provenance.artefacts IN SHARE ROW EXCLUSIVE MODE;

-- name: issue
-- The next number, or the one that the artefact has already.
INSERT INTO provenance.artefacts (number, artefact_id)
SELECT coalesce(max(number), 0) + 1, $1 FROM provenance.artefacts
ON CONFLICT (artefact_id) DO UPDATE SET artefact_id = excluded.artefact_id
RETURNING number;

-- name: artefact_of
SELECT artefact_id FROM provenance.artefacts WHERE number = $1;

-- name: numbers
SELECT number FROM provenance.artefacts WHERE number > $1 ORDER BY number;

-- name: seal
INSERT INTO provenance.served AS known (sha256, artefact_id, copy_of) VALUES ($1, $2, $3)
ON CONFLICT (sha256) DO UPDATE SET
    artefact_id = excluded.artefact_id,
    copy_of     = coalesce(excluded.copy_of, known.copy_of);

-- name: copies
SELECT DISTINCT artefact_id FROM provenance.served WHERE copy_of = $1 ORDER BY artefact_id;

-- name: sample
-- The seed decides: the same one gives the same artefacts.
SELECT artefact_id FROM provenance.served
GROUP BY artefact_id
ORDER BY md5(artefact_id || $1), artefact_id
LIMIT $2;

-- name: artefact_with
SELECT artefact_id FROM provenance.served WHERE sha256 = $1;
