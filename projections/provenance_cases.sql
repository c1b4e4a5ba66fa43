-- Bytes of ours on which a layer of provenance does not verify, and whether somebody has looked.

-- name: create
CREATE TABLE read_provenance_cases.cases (
    case_id         text        PRIMARY KEY COLLATE "C",
    artefact_id     text        NOT NULL COLLATE "C",
    film_sha256     text        NOT NULL COLLATE "C",
    found_by        text        NOT NULL,
    code            text        NOT NULL,
    explanation     text        NOT NULL,
    opened_at       timestamptz NOT NULL,
    opened_position bigint      NOT NULL,
    status          text        NOT NULL,
    closed_at       timestamptz,
    closed_by       text        NOT NULL,
    because         text        NOT NULL,
    last_position   bigint      NOT NULL
);

CREATE INDEX cases_by_status ON read_provenance_cases.cases (status, opened_position DESC);

-- name: load
-- The rows that a batch of events is about to change.
SELECT * FROM read_provenance_cases.cases WHERE case_id = ANY ($1::text[]);

-- name: save
-- All rows of a batch at once. Which bytes of which artefact it is about never changes.
INSERT INTO read_provenance_cases.cases
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
    $8::bigint[], $9::text[], $10::timestamptz[], $11::text[], $12::text[], $13::bigint[]
)
ON CONFLICT (case_id) DO UPDATE SET
    found_by        = excluded.found_by,
    code            = excluded.code,
    explanation     = excluded.explanation,
    opened_at       = excluded.opened_at,
    opened_position = excluded.opened_position,
    status          = excluded.status,
    closed_at       = excluded.closed_at,
    closed_by       = excluded.closed_by,
    because         = excluded.because,
    last_position   = excluded.last_position;

-- name: get
SELECT * FROM read_provenance_cases.cases WHERE case_id = $1;

-- name: with_status
-- Open or closed cases that were opened before position $2 (null: from the newest on).
SELECT * FROM read_provenance_cases.cases
WHERE status = $1 AND opened_position < coalesce($2::bigint, 9223372036854775807)
ORDER BY opened_position DESC
LIMIT $3;

-- name: position
SELECT position FROM read_provenance_cases.checkpoint;

-- name: everything
-- The whole table in the order of its key, to compare it with another.
SELECT * FROM read_provenance_cases.cases ORDER BY case_id
