-- How every moderation case stands; what waits is a part of it.

-- name: create
-- words and rationale are made from rules and scores; no row quotes content.
CREATE TABLE read_moderation.cases (
    case_id           text        PRIMARY KEY COLLATE "C",
    generation_id     text        NOT NULL COLLATE "C",
    account_id        text        NOT NULL COLLATE "C",
    gate              text        NOT NULL,
    surface           text        NOT NULL,
    status            text        NOT NULL,
    beneath           text        NOT NULL,
    outcome           text        NOT NULL,
    clause            text        NOT NULL,
    category          text        NOT NULL,
    gravity           text        NOT NULL,
    stage             text        NOT NULL,
    segment           text        NOT NULL,
    confidence        integer     NOT NULL,
    words             text        NOT NULL,
    rationale         text        NOT NULL,
    strict            boolean     NOT NULL,
    second_reader     boolean     NOT NULL,
    policy_revision   integer     NOT NULL,
    policy_sha256     text        NOT NULL,
    watched           text        NOT NULL,
    priority          integer     NOT NULL,
    judged_at         timestamptz NOT NULL,
    since             timestamptz NOT NULL,
    waiting_position  bigint      NOT NULL,
    claimed_by        text        NOT NULL,
    claimed_until     timestamptz,
    readings          integer     NOT NULL,
    decided_by        text        NOT NULL,
    because           text        NOT NULL,
    upheld            boolean     NOT NULL,
    undone            text        NOT NULL,
    last_position     bigint      NOT NULL
);

CREATE INDEX cases_waiting
    ON read_moderation.cases (priority DESC, waiting_position) WHERE waiting_position > 0;

CREATE INDEX cases_of_generation ON read_moderation.cases (generation_id);

CREATE INDEX cases_of_account ON read_moderation.cases (account_id, since DESC);

-- name: load
-- The rows that a batch of events is about to change.
SELECT * FROM read_moderation.cases WHERE case_id = ANY ($1::text[]);

-- name: save
-- All rows of a batch at once. Whose content at which gate it is never changes.
INSERT INTO read_moderation.cases
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::integer[], $15::text[],
    $16::text[], $17::boolean[], $18::boolean[], $19::integer[], $20::text[], $21::text[],
    $22::integer[], $23::timestamptz[], $24::timestamptz[], $25::bigint[], $26::text[],
    $27::timestamptz[], $28::integer[], $29::text[], $30::text[], $31::boolean[], $32::text[],
    $33::bigint[]
)
ON CONFLICT (case_id) DO UPDATE SET
    status           = excluded.status,
    beneath          = excluded.beneath,
    outcome          = excluded.outcome,
    clause           = excluded.clause,
    category         = excluded.category,
    gravity          = excluded.gravity,
    stage            = excluded.stage,
    segment          = excluded.segment,
    confidence       = excluded.confidence,
    words            = excluded.words,
    rationale        = excluded.rationale,
    second_reader    = excluded.second_reader,
    policy_revision  = excluded.policy_revision,
    policy_sha256    = excluded.policy_sha256,
    watched          = excluded.watched,
    priority         = excluded.priority,
    since            = excluded.since,
    waiting_position = excluded.waiting_position,
    claimed_by       = excluded.claimed_by,
    claimed_until    = excluded.claimed_until,
    readings         = excluded.readings,
    decided_by       = excluded.decided_by,
    because          = excluded.because,
    upheld           = excluded.upheld,
    undone           = excluded.undone,
    last_position    = excluded.last_position;

-- name: get
SELECT * FROM read_moderation.cases WHERE case_id = $1;

-- name: queue
-- What waits, after the case of priority $1 that began to wait at position $2.
SELECT * FROM read_moderation.cases
WHERE waiting_position > 0
  AND (priority < $1::integer OR (priority = $1::integer AND waiting_position > $2::bigint))
ORDER BY priority DESC, waiting_position
LIMIT $3;

-- name: of_generation
SELECT * FROM read_moderation.cases WHERE generation_id = $1 ORDER BY judged_at, case_id;

-- name: of_account
-- What is or was restricted of an account, changed before $2 (null: from the newest on).
SELECT * FROM read_moderation.cases
WHERE account_id = $1 AND (outcome <> 'allow' OR decided_by <> 'machine')
  AND ($2::timestamptz IS NULL OR since < $2::timestamptz)
ORDER BY since DESC, case_id
LIMIT $3;

-- name: strikes
-- Grave refusals that count against an account, of content that is gone as well. What is too much
-- for another surface than its own counts against nobody.
SELECT count(*) FROM read_moderation.cases
WHERE account_id = $1 AND beneath IN ('blocked', 'on-appeal') AND gravity <> 'ordinary'
  AND gate <> 'elsewhere';

-- name: position
SELECT position FROM read_moderation.checkpoint;

-- name: everything
-- The whole table in the order of its key, to compare it with another.
SELECT * FROM read_moderation.cases ORDER BY case_id
