-- What every projection keeps beside its own table, in a schema of its own: how far it has come and
-- which events it could not take. read_model stands for that schema. Because the checkpoint lives
-- with the rows it speaks of, renaming the schema swaps both at once.

-- name: create
-- One row: the position of the last event that the rows account for, and the version of the
-- folding that made them. parked counts the rows of read_model.parked.
CREATE TABLE read_model.checkpoint (
    position bigint  NOT NULL,
    version  integer NOT NULL,
    parked   integer NOT NULL,
    one_row  boolean PRIMARY KEY DEFAULT true CHECK (one_row)
);

-- Events that could not be folded, until somebody retries them. error is the name of an exception's
-- type, never its text, which might quote what a person wrote.
CREATE TABLE read_model.parked (
    position    bigint      PRIMARY KEY,
    stream      text        NOT NULL,
    revision    bigint      NOT NULL,
    event_id    uuid        NOT NULL,
    event_type  text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    error       text        NOT NULL
);

-- name: begin
-- Start before the first event of the log.
INSERT INTO read_model.checkpoint (position, version, parked) VALUES (0, $1, 0);

-- name: standing
-- How far the projection has come.
SELECT position, version, parked FROM read_model.checkpoint;

-- name: position
-- Only the position.
SELECT position FROM read_model.checkpoint;

-- name: advance
-- Compare and set: one row when nobody else has moved the checkpoint, none otherwise. The row stays
-- locked until the transaction ends, so a competing runner waits here and then finds none.
-- Those who wait for a position hear of it at the commit; $4 is null where nobody is to hear.
WITH moved AS (
    UPDATE read_model.checkpoint SET position = $2
    WHERE position = $1 AND version = $3
    RETURNING position, parked
)
SELECT
    parked,
    CASE WHEN $4::text IS NOT NULL THEN pg_notify('projections', $4 || ' ' || position) END
FROM moved;

-- name: hold
-- Keep every runner waiting until this transaction ends.
SELECT position, version, parked FROM read_model.checkpoint FOR UPDATE;

-- name: exclude
-- Let nobody so much as read the checkpoint: what follows exchanges the tables.
LOCK TABLE read_model.checkpoint IN ACCESS EXCLUSIVE MODE;

-- name: stopped_streams
-- Streams whose events wait behind a parked one.
SELECT DISTINCT stream FROM read_model.parked;

-- name: stopped_streams_until
-- The same, as far as a retry has come.
SELECT DISTINCT stream FROM read_model.parked WHERE position <= $1;

-- name: park
-- Put events aside.
INSERT INTO read_model.parked (position, stream, revision, event_id, event_type, recorded_at, error)
SELECT * FROM unnest(
    $1::bigint[], $2::text[], $3::bigint[], $4::uuid[], $5::text[], $6::timestamptz[], $7::text[]
);

-- name: parked
-- What was put aside after position $1, oldest first, at most $2 events.
SELECT position, stream, revision, event_id, event_type, recorded_at, error
FROM read_model.parked WHERE position > $1 ORDER BY position LIMIT $2;

-- name: unpark
-- Take events back for another try.
DELETE FROM read_model.parked WHERE position = ANY ($1::bigint[]);

-- name: count_parked
-- Keep the count beside the checkpoint true.
UPDATE read_model.checkpoint SET parked = (SELECT count(*) FROM read_model.parked)
RETURNING parked;

-- name: announce
-- Tell those who wait for a position, once this transaction commits.
SELECT pg_notify('projections', $1 || ' ' || position) FROM read_model.checkpoint;
