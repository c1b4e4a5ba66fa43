-- Every cameo's part in every generation.

-- name: create
CREATE TABLE read_appearances.appearances (
    appearance_id  text        PRIMARY KEY COLLATE "C",
    cameo_id       text        NOT NULL COLLATE "C",
    version        integer     NOT NULL,
    generation_id  text        NOT NULL COLLATE "C",
    owner_id       text        NOT NULL COLLATE "C",
    caster_id      text        NOT NULL COLLATE "C",
    turn           text        NOT NULL,
    act            text        NOT NULL,
    reasons        text        NOT NULL,
    video_id       text        COLLATE "C",
    first_position bigint      NOT NULL,
    began_at       timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    last_position  bigint      NOT NULL
);

CREATE INDEX appearances_of_cameo ON read_appearances.appearances (cameo_id, first_position DESC);

-- name: load
-- The rows that a batch of events is about to change.
SELECT * FROM read_appearances.appearances WHERE appearance_id = ANY ($1::text[]);

-- name: save
-- All rows of a batch at once. Which cameo is in which generation is the id.
INSERT INTO read_appearances.appearances
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::bigint[], $12::timestamptz[], $13::timestamptz[],
    $14::bigint[]
)
ON CONFLICT (appearance_id) DO UPDATE SET
    version       = excluded.version,
    turn          = excluded.turn,
    act           = excluded.act,
    reasons       = excluded.reasons,
    video_id      = excluded.video_id,
    updated_at    = excluded.updated_at,
    last_position = excluded.last_position;

-- name: of_cameo
-- Where a cameo appears, first noted before position $2 (null: from the newest on).
SELECT * FROM read_appearances.appearances
WHERE cameo_id = $1 AND first_position < coalesce($2::bigint, 9223372036854775807)
ORDER BY first_position DESC
LIMIT $3;

-- name: everything
-- The whole table in the order of its key, to compare it with another.
SELECT * FROM read_appearances.appearances ORDER BY appearance_id
