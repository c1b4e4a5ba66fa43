-- eventlog.append writes a batch of requests in one transaction, under one lock.
--
-- A request is atomic over its entries; when it is refused, the rest of the batch still goes in.
-- An entry is one stream of a request: what the writer expects of it and how many events it gets.
-- An entry without events is a check. The entries of a request stand together, and the events of
-- the batch stand in the order of the entries. No two requests of a batch may share an event id.
--
-- The answer has one row for each entry, in order:
--   written   its events were added; revision is the stream's new one, position that of its last event
--   repeated  the very same events stand there already; revision and position are theirs
--   wrong     the stream is at another revision (given) than expected; its request wrote nothing
--   taken     an event id stands elsewhere in the log; its request wrote nothing
--   refused   this entry was well, another one of its request was not
--
-- Why it is like this:
-- * The lock is held until the commit, so positions become visible in their own order. It must be
--   taken before the first snapshot that matters: hence plpgsql, VOLATILE and READ COMMITTED, where
--   each statement below sees what was committed before the lock was granted.
-- * It must be the last thing in its transaction. Never call it from within a longer one.
-- * Streams are read and written once per batch, not once per entry; the loop between is in memory.
-- * Arrays are filled by index, in place. Appending to an array copies it each time.
-- * Sequential scans are off because a plan made while the tables were empty would stay.

CREATE OR REPLACE FUNCTION eventlog.append(
    entry_request   integer[],
    entry_stream    text[],
    entry_expected  bigint[],
    entry_events    integer[],
    event_ids       uuid[],
    event_types     text[],
    schema_versions integer[],
    datas           bytea[],
    metas           bytea[],
    correlation_ids text[],
    causation_ids   text[],
    actors          text[]
) RETURNS TABLE (outcome text, at_revision bigint, at_position bigint)
LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off
AS $function$
DECLARE
    -- the expectations that are not a revision: domain.kernel.ports.Expected
    no_stream CONSTANT bigint := -1;
    any_state CONSTANT bigint := -2;
    existing  CONSTANT bigint := -4;

    entries CONSTANT integer := cardinality(entry_stream);
    events  CONSTANT integer := cardinality(event_ids);
    retried boolean;          -- some event of the batch stands in the log already
    verdict text;             -- on the request in hand: entries first_of .. last_of
    first_of  integer := 1;
    last_of   integer;
    event_at  integer := 0;   -- how many events belong to the requests before it
    event_end integer;        -- and how many with its own
    cursor_at integer;        -- how many belong to the entries before the one in hand

    -- for each entry
    earlier   integer[];      -- the entry of this batch that named the same stream last
    standing  bigint[];       -- the revision of its stream, once the entry is done with
    outcomes  text[]   := array_fill('refused'::text, ARRAY[entries]);
    written   bigint[] := array_fill(NULL::bigint, ARRAY[entries]);  -- the revision it wrote
    repeated  bigint[] := array_fill(NULL::bigint, ARRAY[entries]);  -- the revision it had written
    positions bigint[] := array_fill(NULL::bigint, ARRAY[entries]);  -- of its last event

    -- for each event that is to be written: where
    to_stream   text[]   := array_fill(NULL::text, ARRAY[events]);
    to_revision bigint[] := array_fill(NULL::bigint, ARRAY[events]);
    to_position bigint[] := array_fill(NULL::bigint, ARRAY[events]);
    position_at bigint;       -- the last position given out; NULL until the first

    -- where a retried entry's events begin, and where the last of them stands
    start_at       bigint;
    found_revision bigint;
    found_position bigint;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'eventlog.append runs in READ COMMITTED only, not in %',
            current_setting('transaction_isolation');
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('callsheet.eventlog.append', 0));

    retried := EXISTS (SELECT FROM eventlog.events e WHERE e.event_id = ANY (event_ids));

    SELECT array_agg(u.revision ORDER BY u.entry), array_agg(u.earlier ORDER BY u.entry)
    INTO standing, earlier
    FROM (
        SELECT
            n.entry,
            lag(n.entry) OVER (PARTITION BY n.stream COLLATE "C" ORDER BY n.entry) AS earlier,
            coalesce(
                (SELECT s.revision FROM eventlog.streams s WHERE s.stream = n.stream), no_stream
            ) AS revision
        FROM unnest(entry_stream) WITH ORDINALITY AS n (stream, entry)
    ) AS u;

    WHILE first_of <= entries LOOP
        -- Judge each entry of the request by where its stream stands now.
        verdict := 'written';
        last_of := first_of;
        event_end := event_at;
        LOOP
            IF earlier[last_of] IS NOT NULL THEN
                standing[last_of] := standing[earlier[last_of]];
            END IF;
            IF NOT (entry_expected[last_of] IN (standing[last_of], any_state)
                    OR (entry_expected[last_of] = existing AND standing[last_of] >= 0)) THEN
                outcomes[last_of] := 'wrong';
                verdict := 'wrong';
            END IF;
            event_end := event_end + entry_events[last_of];
            EXIT WHEN last_of = entries OR entry_request[last_of + 1] <> entry_request[first_of];
            last_of := last_of + 1;
        END LOOP;

        -- A retry finds its own events. The same ids anywhere else are a mistake of the writer.
        IF retried AND EXISTS (
            SELECT FROM eventlog.events e WHERE e.event_id = ANY (event_ids[event_at + 1:event_end])
        ) THEN
            verdict := CASE WHEN verdict = 'wrong' THEN 'wrong' ELSE 'taken' END;
            cursor_at := event_at;
            FOR entry IN first_of .. last_of LOOP
                CONTINUE WHEN entry_events[entry] = 0;
                start_at := CASE
                    WHEN entry_expected[entry] >= no_stream THEN entry_expected[entry] + 1
                    ELSE (SELECT e.revision FROM eventlog.events e
                          WHERE e.event_id = event_ids[cursor_at + 1]
                            AND e.stream = entry_stream[entry])
                END;
                -- one row for each event that stands where it would be written
                SELECT max(e.revision), max(e.position) INTO found_revision, found_position
                FROM generate_series(1, entry_events[entry]) AS k
                JOIN eventlog.events e
                  ON e.event_id = event_ids[cursor_at + k]
                 AND e.stream = entry_stream[entry]
                 AND e.revision = start_at + k - 1
                HAVING count(*) = entry_events[entry];
                EXIT WHEN NOT FOUND;
                cursor_at := cursor_at + entry_events[entry];
                repeated[entry] := found_revision;
                positions[entry] := found_position;
            END LOOP;
            IF cursor_at = event_end THEN
                verdict := 'repeated';
            END IF;
        END IF;

        CASE verdict
            WHEN 'written' THEN
                FOR entry IN first_of .. last_of LOOP
                    outcomes[entry] := 'written';
                    CONTINUE WHEN entry_events[entry] = 0;
                    FOR n IN 1 .. entry_events[entry] LOOP
                        position_at := coalesce(position_at + 1, nextval('eventlog.positions'));
                        event_at := event_at + 1;
                        to_stream[event_at] := entry_stream[entry];
                        to_revision[event_at] := standing[entry] + n;
                        to_position[event_at] := position_at;
                    END LOOP;
                    standing[entry] := standing[entry] + entry_events[entry];
                    written[entry] := standing[entry];
                    positions[entry] := position_at;
                END LOOP;
            WHEN 'repeated' THEN
                FOR entry IN first_of .. last_of LOOP
                    outcomes[entry] := 'repeated';
                END LOOP;
            WHEN 'taken' THEN
                outcomes[first_of] := 'taken';
            WHEN 'wrong' THEN
                NULL;  -- said already, beside the entry
        END CASE;

        event_at := event_end;
        first_of := last_of + 1;
    END LOOP;

    IF position_at IS NOT NULL THEN
        PERFORM setval('eventlog.positions', position_at);

        INSERT INTO eventlog.streams (stream, revision)
        SELECT u.stream, max(u.revision)
        FROM unnest(entry_stream, written) AS u (stream, revision)
        WHERE u.revision IS NOT NULL
        GROUP BY u.stream
        ON CONFLICT (stream) DO UPDATE SET revision = excluded.revision;

        INSERT INTO eventlog.events (
            position, stream, revision, event_id, type, schema_version, data, meta,
            correlation_id, causation_id, actor, recorded_at
        )
        SELECT
            u.position, u.stream, u.revision, u.event_id, u.type, u.schema_version, u.data, u.meta,
            u.correlation_id, u.causation_id, u.actor, clock_timestamp()
        FROM unnest(
            to_position, to_stream, to_revision, event_ids, event_types, schema_versions, datas,
            metas, correlation_ids, causation_ids, actors
        ) AS u (
            position, stream, revision, event_id, type, schema_version, data,
            meta, correlation_id, causation_id, actor
        )
        WHERE u.position IS NOT NULL;

        -- Wakes whoever listens, once per batch and only if it commits.
        PERFORM pg_notify('eventlog', position_at::text);
    END IF;

    RETURN QUERY
    SELECT u.outcome, CASE u.outcome WHEN 'repeated' THEN u.repeated ELSE u.standing END, u.at
    FROM unnest(outcomes, repeated, standing, positions) AS u (outcome, repeated, standing, at);
END
$function$;
