-- Where every generation stands.

-- name: create
-- prompt is PERSONAL: it is shown to its own account and goes nowhere else.
-- Null where there is nothing to say: no attempt yet, no known end, no video, no failure.
-- The free space in the pages lets progress be written in place, beside the old version of a row.
CREATE TABLE read_generations.generations (
    generation_id       text             PRIMARY KEY COLLATE "C",
    account_id          text             NOT NULL COLLATE "C",
    prompt              text             NOT NULL,
    seconds             double precision NOT NULL,
    width               integer          NOT NULL,
    height              integer          NOT NULL,
    fps                 integer          NOT NULL,
    sampler             text             NOT NULL,
    requested_at        timestamptz      NOT NULL,
    requested_position  bigint           NOT NULL,
    updated_at          timestamptz      NOT NULL,
    status              text             NOT NULL,
    stage               text             NOT NULL,
    attempt             integer          NOT NULL,
    step                integer          NOT NULL,
    steps               integer,
    progress            double precision NOT NULL,
    shots               text             NOT NULL,
    sampling_started_at timestamptz,
    sampling_started_share double precision NOT NULL,
    eta_at              timestamptz,
    video_id            text,
    failure_code        text,
    failure_stage       text,
    failure_explanation text,
    last_position       bigint           NOT NULL
) WITH (fillfactor = 70);

COMMENT ON COLUMN read_generations.generations.prompt IS
    'PERSONAL: written by the account; for its own reads only, never for logs or others';

CREATE INDEX generations_by_account
    ON read_generations.generations (account_id, requested_position DESC);

CREATE INDEX generations_waiting
    ON read_generations.generations (requested_position) WHERE status = 'requested';

-- name: load
-- The rows that a batch of events is about to change.
SELECT * FROM read_generations.generations WHERE generation_id = ANY ($1::text[]);

-- name: save
-- All rows of a batch at once. What a request said never changes, so it is written only once.
INSERT INTO read_generations.generations
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::double precision[], $5::integer[], $6::integer[],
    $7::integer[], $8::text[], $9::timestamptz[], $10::bigint[], $11::timestamptz[], $12::text[],
    $13::text[], $14::integer[], $15::integer[], $16::integer[], $17::double precision[],
    $18::text[], $19::timestamptz[], $20::double precision[], $21::timestamptz[], $22::text[],
    $23::text[], $24::text[], $25::text[], $26::bigint[]
)
ON CONFLICT (generation_id) DO UPDATE SET
    updated_at          = excluded.updated_at,
    status              = excluded.status,
    stage               = excluded.stage,
    attempt             = excluded.attempt,
    step                = excluded.step,
    steps               = excluded.steps,
    progress            = excluded.progress,
    shots               = excluded.shots,
    sampling_started_at = excluded.sampling_started_at,
    sampling_started_share = excluded.sampling_started_share,
    eta_at              = excluded.eta_at,
    video_id            = excluded.video_id,
    failure_code        = excluded.failure_code,
    failure_stage       = excluded.failure_stage,
    failure_explanation = excluded.failure_explanation,
    last_position       = excluded.last_position;

-- name: get
-- One generation.
SELECT * FROM read_generations.generations WHERE generation_id = $1;

-- name: page
-- An account's generations that were requested before position $2 (null: from the newest on).
SELECT * FROM read_generations.generations
WHERE account_id = $1 AND requested_position < coalesce($2::bigint, 9223372036854775807)
ORDER BY requested_position DESC
LIMIT $3;

-- name: queue_position
-- How many were requested earlier and still wait; null when this one does not wait (any more).
SELECT (
    SELECT count(*) FROM read_generations.generations earlier
    WHERE earlier.status = 'requested' AND earlier.requested_position < own.requested_position
)
FROM read_generations.generations own
WHERE own.generation_id = $1 AND own.status = 'requested';

-- name: everything
-- The whole table in the order of its key, to compare it with another.
SELECT * FROM read_generations.generations ORDER BY generation_id
