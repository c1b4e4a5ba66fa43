-- Batches that undo a policy's revision, and how far each has come.

-- name: create
CREATE TABLE read_undos.undos (
    batch_id      text        PRIMARY KEY COLLATE "C",
    revision      integer     NOT NULL,
    instead       integer     NOT NULL,
    since         timestamptz NOT NULL,
    until         timestamptz NOT NULL,
    status        text        NOT NULL,
    started_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    cases         bigint      NOT NULL,
    undone        bigint      NOT NULL,
    restored      bigint      NOT NULL,
    last_position bigint      NOT NULL
);

-- name: load
-- The rows that a batch of events is about to change.
SELECT * FROM read_undos.undos WHERE batch_id = ANY ($1::text[]);

-- name: save
-- All rows of a batch at once. What is undone from when to when never changes.
INSERT INTO read_undos.undos
SELECT * FROM unnest(
    $1::text[], $2::integer[], $3::integer[], $4::timestamptz[], $5::timestamptz[], $6::text[],
    $7::timestamptz[], $8::timestamptz[], $9::bigint[], $10::bigint[], $11::bigint[],
    $12::bigint[]
)
ON CONFLICT (batch_id) DO UPDATE SET
    status        = excluded.status,
    updated_at    = excluded.updated_at,
    cases         = excluded.cases,
    undone        = excluded.undone,
    restored      = excluded.restored,
    last_position = excluded.last_position;

-- name: get
SELECT * FROM read_undos.undos WHERE batch_id = $1;

-- name: all
SELECT * FROM read_undos.undos ORDER BY started_at DESC, batch_id;

-- name: everything
-- The whole table in the order of its key, to compare it with another.
SELECT * FROM read_undos.undos ORDER BY batch_id
