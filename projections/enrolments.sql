-- How every attempt to enrol stands.

-- name: create
CREATE TABLE read_enrolments.enrolments (
    enrolment_id     text        PRIMARY KEY COLLATE "C",
    cameo_id         text        NOT NULL COLLATE "C",
    account_id       text        NOT NULL COLLATE "C",
    kind             text        NOT NULL,
    version          integer     NOT NULL,
    started_at       timestamptz NOT NULL,
    started_position bigint      NOT NULL,
    updated_at       timestamptz NOT NULL,
    status           text        NOT NULL,
    declined         integer     NOT NULL,
    checks           text        NOT NULL,
    others           text        NOT NULL,
    last_position    bigint      NOT NULL
);

CREATE INDEX enrolments_by_account
    ON read_enrolments.enrolments (account_id, started_position DESC);

CREATE INDEX enrolments_in_review
    ON read_enrolments.enrolments (started_position) WHERE status = 'in-review';

-- name: load
-- The rows that a batch of events is about to change.
SELECT * FROM read_enrolments.enrolments WHERE enrolment_id = ANY ($1::text[]);

-- name: save
-- All rows of a batch at once. What an attempt is for never changes.
INSERT INTO read_enrolments.enrolments
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::timestamptz[],
    $7::bigint[], $8::timestamptz[], $9::text[], $10::integer[], $11::text[], $12::text[],
    $13::bigint[]
)
ON CONFLICT (enrolment_id) DO UPDATE SET
    updated_at    = excluded.updated_at,
    status        = excluded.status,
    declined      = excluded.declined,
    checks        = excluded.checks,
    others        = excluded.others,
    last_position = excluded.last_position;

-- name: of_account
-- An account's attempts that were started before position $2 (null: from the newest on).
SELECT * FROM read_enrolments.enrolments
WHERE account_id = $1 AND started_position < coalesce($2::bigint, 9223372036854775807)
ORDER BY started_position DESC
LIMIT $3;

-- name: open_of_cameo
-- An account's attempts for one cameo that are not decided.
SELECT enrolment_id FROM read_enrolments.enrolments
WHERE account_id = $1 AND cameo_id = $2
  AND status IN ('started', 'challenged', 'examining', 'in-review');

-- name: review_queue
-- Attempts that wait for a human, after position $1.
SELECT * FROM read_enrolments.enrolments
WHERE status = 'in-review' AND started_position > $1
ORDER BY started_position
LIMIT $2;

-- name: everything
-- The whole table in the order of its key, to compare it with another.
SELECT * FROM read_enrolments.enrolments ORDER BY enrolment_id
