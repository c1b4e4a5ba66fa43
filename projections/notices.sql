-- What each account was told.

-- name: create
CREATE TABLE read_notices.notices (
    notice_id       text        PRIMARY KEY COLLATE "C",
    account_id      text        NOT NULL COLLATE "C",
    about           text        NOT NULL COLLATE "C",
    kind            text        NOT NULL,
    posted_at       timestamptz NOT NULL,
    posted_position bigint      NOT NULL,
    last_position   bigint      NOT NULL
);

CREATE INDEX notices_by_account ON read_notices.notices (account_id, posted_position DESC);

-- name: load
-- The rows that a batch of events is about to change.
SELECT * FROM read_notices.notices WHERE notice_id = ANY ($1::text[]);

-- name: save
-- All rows of a batch at once. What was told stays told.
INSERT INTO read_notices.notices
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::bigint[],
    $7::bigint[]
)
ON CONFLICT (notice_id) DO UPDATE SET last_position = excluded.last_position;

-- name: page
-- An account's notices that were posted before position $2 (null: from the newest on).
SELECT * FROM read_notices.notices
WHERE account_id = $1 AND posted_position < coalesce($2::bigint, 9223372036854775807)
ORDER BY posted_position DESC
LIMIT $3;

-- name: everything
-- The whole table in the order of its key, to compare it with another.
SELECT * FROM read_notices.notices ORDER BY notice_id
