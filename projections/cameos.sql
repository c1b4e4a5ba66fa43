-- How every cameo stands.

-- name: create
CREATE TABLE read_cameos.cameos (
    cameo_id       text        PRIMARY KEY COLLATE "C",
    account_id     text        NOT NULL COLLATE "C",
    kind           text        NOT NULL,
    version        integer     NOT NULL,
    approved_at    timestamptz NOT NULL,
    destroy_by     timestamptz NOT NULL,
    first_position bigint      NOT NULL,
    updated_at     timestamptz NOT NULL,
    suspended      boolean     NOT NULL,
    alarms         text        NOT NULL,
    deleted        boolean     NOT NULL,
    tier           text        NOT NULL,
    expires_at     timestamptz,
    revoked        boolean     NOT NULL,
    last_position  bigint      NOT NULL
);

CREATE INDEX cameos_by_account ON read_cameos.cameos (account_id, first_position DESC);

-- name: load
-- The rows that a batch of events is about to change.
SELECT * FROM read_cameos.cameos WHERE cameo_id = ANY ($1::text[]);

-- name: save
-- All rows of a batch at once. Whose it is and of which kind never changes.
INSERT INTO read_cameos.cameos
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::integer[], $5::timestamptz[], $6::timestamptz[],
    $7::bigint[], $8::timestamptz[], $9::boolean[], $10::text[], $11::boolean[],
    $12::text[], $13::timestamptz[], $14::boolean[], $15::bigint[]
)
ON CONFLICT (cameo_id) DO UPDATE SET
    version       = excluded.version,
    approved_at   = excluded.approved_at,
    destroy_by    = excluded.destroy_by,
    updated_at    = excluded.updated_at,
    suspended     = excluded.suspended,
    alarms        = excluded.alarms,
    deleted       = excluded.deleted,
    tier          = excluded.tier,
    expires_at    = excluded.expires_at,
    revoked       = excluded.revoked,
    last_position = excluded.last_position;

-- name: of_account
-- An account's cameos that were first approved before position $2 (null: from the newest on).
SELECT * FROM read_cameos.cameos
WHERE account_id = $1 AND NOT deleted
  AND first_position < coalesce($2::bigint, 9223372036854775807)
ORDER BY first_position DESC
LIMIT $3;

-- name: after
-- Every cameo after one, for those who go through all of them.
SELECT cameo_id FROM read_cameos.cameos
WHERE NOT deleted AND cameo_id > $1 ORDER BY cameo_id LIMIT $2;

-- name: position
SELECT position FROM read_cameos.checkpoint;

-- name: everything
-- The whole table in the order of its key, to compare it with another.
SELECT * FROM read_cameos.cameos ORDER BY cameo_id
