-- What every rule of the policies has done, and what humans made of it.

-- name: create
CREATE TABLE read_rules.rules (
    clause        text        PRIMARY KEY COLLATE "C",
    last_at       timestamptz NOT NULL,
    allowed       bigint      NOT NULL,
    blocked       bigint      NOT NULL,
    held          bigint      NOT NULL,
    cleared       bigint      NOT NULL,
    let_pass      bigint      NOT NULL,
    refused       bigint      NOT NULL,
    lapsed        bigint      NOT NULL,
    appeals       bigint      NOT NULL,
    reinstated    bigint      NOT NULL,
    upheld        bigint      NOT NULL,
    undone        bigint      NOT NULL,
    restored      bigint      NOT NULL,
    last_position bigint      NOT NULL
);

-- name: load
-- The rows that a batch of events is about to change.
SELECT * FROM read_rules.rules WHERE clause = ANY ($1::text[]);

-- name: save
-- All rows of a batch at once.
INSERT INTO read_rules.rules
SELECT * FROM unnest(
    $1::text[], $2::timestamptz[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
    $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[],
    $13::bigint[], $14::bigint[], $15::bigint[]
)
ON CONFLICT (clause) DO UPDATE SET
    allowed       = excluded.allowed,
    blocked       = excluded.blocked,
    held          = excluded.held,
    cleared       = excluded.cleared,
    let_pass      = excluded.let_pass,
    refused       = excluded.refused,
    lapsed        = excluded.lapsed,
    appeals       = excluded.appeals,
    reinstated    = excluded.reinstated,
    upheld        = excluded.upheld,
    undone        = excluded.undone,
    restored      = excluded.restored,
    last_at       = excluded.last_at,
    last_position = excluded.last_position;

-- name: all
SELECT * FROM read_rules.rules ORDER BY clause;

-- name: everything
-- The whole table in the order of its key, to compare it with another.
SELECT * FROM read_rules.rules ORDER BY clause
