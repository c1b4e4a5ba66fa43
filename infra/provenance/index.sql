-- Fingerprints by artefact, found by nearness through sixteen exact keys of sixteen bits each.

-- name: create
-- Two hashes of 256 bits that differ in few bits agree in at least one of their sixteen parts; keys
-- holds the parts, each with its kind and its place, and a GIN index finds every print that shares
-- one (multi-index hashing: Norouzi, Punjani and Fleet, 2012). The distance is then counted exactly.
CREATE SCHEMA IF NOT EXISTS provenance;

CREATE TABLE IF NOT EXISTS provenance.prints (
    artefact_id text      NOT NULL,
    kind        smallint  NOT NULL,
    at_ms       integer   NOT NULL,
    hash        bit(256)  NOT NULL,
    keys        integer[] NOT NULL,
    UNIQUE (artefact_id, kind, at_ms, hash)
);

CREATE INDEX IF NOT EXISTS prints_by_key ON provenance.prints USING gin (keys)
    WITH (fastupdate = off);

-- name: remember
INSERT INTO provenance.prints (artefact_id, kind, at_ms, hash, keys)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING;

-- name: forget
DELETE FROM provenance.prints WHERE artefact_id = $1;

-- name: printed
SELECT artefact_id FROM unnest($1::text[]) AS asked (artefact_id)
WHERE EXISTS (
    SELECT FROM provenance.prints AS known
    WHERE known.artefact_id = asked.artefact_id AND known.kind = $2
);

-- name: nearest
-- A few artefacts are compared in full: multi-index hashing would miss what is far.
SELECT known.artefact_id, min(bit_count(known.hash # asked.hash))::integer AS distance
FROM provenance.prints AS known
CROSS JOIN unnest($3::bit(256)[]) AS asked (hash)
WHERE known.artefact_id = ANY($1::text[]) AND known.kind = $2
GROUP BY known.artefact_id;

-- name: near
-- Questions and candidates are compared all with all: a candidate shares a key with one of them.
WITH candidates AS MATERIALIZED (
    SELECT artefact_id, at_ms, hash FROM provenance.prints WHERE keys && $1::integer[]
)
SELECT
    (asked.place - 1)::integer AS query,
    candidates.artefact_id,
    candidates.at_ms,
    bit_count(candidates.hash # asked.hash)::integer AS distance
FROM candidates
CROSS JOIN unnest($2::bit(256)[]) WITH ORDINALITY AS asked (hash, place)
WHERE bit_count(candidates.hash # asked.hash) <= $3;
