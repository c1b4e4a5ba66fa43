-- Every released video, those that nobody can see any more among them, in the order in which the feed shows them.

-- name: create
-- rank orders the feed and never changes for a video, so a page can be continued at any time:
-- the microseconds from the Unix epoch to its release.
CREATE TABLE read_feed.videos (
    video_id             text             PRIMARY KEY COLLATE "C",
    generation_id        text             NOT NULL COLLATE "C",
    account_id           text             NOT NULL COLLATE "C",
    released_at          timestamptz      NOT NULL,
    rank                 bigint           NOT NULL,
    film_key             text             NOT NULL,
    film_sha256          text             NOT NULL,
    film_size            bigint           NOT NULL,
    poster_key           text             NOT NULL,
    poster_sha256        text             NOT NULL,
    poster_size          bigint           NOT NULL,
    contact_sheet_key    text             NOT NULL,
    contact_sheet_sha256 text             NOT NULL,
    contact_sheet_size   bigint           NOT NULL,
    width                integer          NOT NULL,
    height               integer          NOT NULL,
    fps                  integer          NOT NULL,
    frames               integer          NOT NULL,
    picture_seconds      double precision NOT NULL,
    sound_seconds        double precision NOT NULL,
    sample_rate          integer          NOT NULL,
    taken_down           boolean          NOT NULL,
    hidden_by            text             NOT NULL,
    surfaces             text             NOT NULL,
    last_position        bigint           NOT NULL
);

CREATE INDEX videos_by_rank ON read_feed.videos (rank DESC, video_id DESC);

-- name: load
-- The rows that a batch of events is about to change.
SELECT * FROM read_feed.videos WHERE video_id = ANY ($1::text[]);

-- name: save
-- All rows of a batch at once. A released video never changes; it may be hidden, shown, taken down, and shown elsewhere.
INSERT INTO read_feed.videos
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::text[], $7::text[],
    $8::bigint[], $9::text[], $10::text[], $11::bigint[], $12::text[], $13::text[], $14::bigint[],
    $15::integer[], $16::integer[], $17::integer[], $18::integer[], $19::double precision[],
    $20::double precision[], $21::integer[], $22::boolean[], $23::text[], $24::text[], $25::bigint[]
)
ON CONFLICT (video_id) DO UPDATE SET
    taken_down    = excluded.taken_down,
    hidden_by     = excluded.hidden_by,
    surfaces      = excluded.surfaces,
    last_position = excluded.last_position;

-- name: get
-- One video that can be seen.
SELECT * FROM read_feed.videos WHERE video_id = $1 AND NOT taken_down AND hidden_by = '';

-- name: first_page
-- The newest videos that are shown at the surface $2.
SELECT * FROM read_feed.videos
WHERE NOT taken_down AND hidden_by = '' AND $2::text = ANY (string_to_array(surfaces, ' '))
ORDER BY rank DESC, video_id DESC LIMIT $1;

-- name: next_page
-- The videos at the surface $4 that follow the one with rank $1 and id $2.
SELECT * FROM read_feed.videos
WHERE (rank, video_id) < ($1::bigint, $2::text) AND NOT taken_down AND hidden_by = ''
  AND $4::text = ANY (string_to_array(surfaces, ' '))
ORDER BY rank DESC, video_id DESC
LIMIT $3;

-- name: everything
-- The whole table in the order of its key, to compare it with another.
SELECT * FROM read_feed.videos ORDER BY video_id
