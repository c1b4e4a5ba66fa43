-- Answers by Idempotency-Key, so that asking twice with one key is asking once.

-- name: create
-- id is drawn once and stands here before anything is started: a repeat after a crash goes on with
-- the same generation. answer is the response's body, byte for byte; null while it is in flight.
-- Only a hash of the request is kept: what people wrote does not belong here.
CREATE SCHEMA IF NOT EXISTS api;

CREATE TABLE IF NOT EXISTS api.idempotency_keys (
    client       text        NOT NULL,
    account      text        NOT NULL,
    key          text        NOT NULL,
    request_hash bytea       NOT NULL,
    id           text        NOT NULL,
    claimed_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    status       integer,
    location     text,
    media_type   text,
    answer       bytea,
    PRIMARY KEY (client, account, key)
);

CREATE INDEX IF NOT EXISTS idempotency_keys_expiry ON api.idempotency_keys (expires_at);

-- name: claim
-- Take a key that is free or expired. No row: somebody has it.
INSERT INTO api.idempotency_keys AS held
    (client, account, key, request_hash, id, claimed_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (client, account, key) DO UPDATE SET
    request_hash = excluded.request_hash,
    id           = excluded.id,
    claimed_at   = excluded.claimed_at,
    expires_at   = excluded.expires_at,
    status = NULL, location = NULL, media_type = NULL, answer = NULL
WHERE held.expires_at <= excluded.claimed_at
RETURNING id, request_hash, status, location, media_type, answer;

-- name: held
-- Who has the key, and what was answered.
SELECT id, request_hash, status, location, media_type, answer
FROM api.idempotency_keys
WHERE client = $1 AND account = $2 AND key = $3;

-- name: answer
-- Keep the answer, unless a twin of this request kept one first; the first one is everybody's.
UPDATE api.idempotency_keys SET
    status     = coalesce(status, $5),
    location   = CASE WHEN status IS NULL THEN $6 ELSE location END,
    media_type = CASE WHEN status IS NULL THEN $7 ELSE media_type END,
    answer     = CASE WHEN status IS NULL THEN $8 ELSE answer END
WHERE client = $1 AND account = $2 AND key = $3 AND id = $4
RETURNING status, location, media_type, answer;

-- name: purge
-- Forget what has expired.
DELETE FROM api.idempotency_keys WHERE expires_at <= $1;
