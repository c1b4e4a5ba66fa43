-- name: append
-- Hand a batch to eventlog.append; see append.sql for the arguments and the answer.
SELECT outcome, at_revision, at_position
FROM eventlog.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: read_stream
-- A stream's events after revision $2, oldest first, at most $3 of them (NULL: all).
SELECT position, stream, revision, event_id, type, data, meta, recorded_at
FROM eventlog.events
WHERE stream = $1 AND revision > $2
ORDER BY revision
LIMIT $3;

-- name: read_all
-- Events of all streams after position $1, in log order, at most $2 of them.
SELECT position, stream, revision, event_id, type, data, meta, recorded_at
FROM eventlog.events
WHERE position > $1
ORDER BY position
LIMIT $2;

-- name: head
-- The position of the last event that is visible, or 0.
SELECT coalesce(max(position), 0) FROM eventlog.events;
