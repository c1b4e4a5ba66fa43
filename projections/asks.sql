-- Requests for consent, the latest between each two.

-- name: create
-- message is PERSONAL: the caster wrote it for the owner, and nobody else is shown it.
CREATE TABLE read_asks.asks (
    ask_id         text        PRIMARY KEY COLLATE "C",
    cameo_id       text        NOT NULL COLLATE "C",
    owner_id       text        NOT NULL COLLATE "C",
    caster_id      text        NOT NULL COLLATE "C",
    message        text        NOT NULL,
    asked_at       timestamptz NOT NULL,
    asked_position bigint      NOT NULL,
    answer_by      timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    status         text        NOT NULL,
    last_position  bigint      NOT NULL
);

COMMENT ON COLUMN read_asks.asks.message IS
    'PERSONAL: written by the caster for the owner; for the two alone, never for logs or others';

CREATE INDEX asks_before_owner
    ON read_asks.asks (owner_id, asked_position DESC) WHERE status = 'pending';

CREATE INDEX asks_of_caster ON read_asks.asks (caster_id, asked_position DESC);

CREATE INDEX asks_for_cameo ON read_asks.asks (cameo_id) WHERE status = 'pending';

-- name: load
-- The rows that a batch of events is about to change.
SELECT * FROM read_asks.asks WHERE ask_id = ANY ($1::text[]);

-- name: save
-- All rows of a batch at once. Who asks whom for what is the id.
INSERT INTO read_asks.asks
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::bigint[],
    $8::timestamptz[], $9::timestamptz[], $10::text[], $11::bigint[]
)
ON CONFLICT (ask_id) DO UPDATE SET
    message        = excluded.message,
    asked_at       = excluded.asked_at,
    asked_position = excluded.asked_position,
    answer_by      = excluded.answer_by,
    updated_at     = excluded.updated_at,
    status         = excluded.status,
    last_position  = excluded.last_position;

-- name: before_owner
-- Requests that wait for an owner, asked before position $2 (null: from the newest on).
SELECT * FROM read_asks.asks
WHERE owner_id = $1 AND status = 'pending'
  AND asked_position < coalesce($2::bigint, 9223372036854775807)
ORDER BY asked_position DESC
LIMIT $3;

-- name: of_caster
-- Requests that a caster has made, asked before position $2 (null: from the newest on).
SELECT * FROM read_asks.asks
WHERE caster_id = $1 AND asked_position < coalesce($2::bigint, 9223372036854775807)
ORDER BY asked_position DESC
LIMIT $3;

-- name: pending_for_cameo
SELECT ask_id FROM read_asks.asks WHERE cameo_id = $1 AND status = 'pending';

-- name: pending_between
SELECT ask_id FROM read_asks.asks
WHERE status = 'pending'
  AND ((owner_id = $1 AND caster_id = $2) OR (owner_id = $2 AND caster_id = $1));

-- name: everything
-- The whole table in the order of its key, to compare it with another.
SELECT * FROM read_asks.asks ORDER BY ask_id
