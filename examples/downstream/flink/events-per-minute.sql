-- Events and items per minute and name, by the time at which they happened.
SET 'table.local-time-zone' = 'UTC';

CREATE TABLE events (
  `name` STRING,
  `data` ROW<`quantity` INT>,
  -- The record's timestamp, which is the event's.
  `happened` TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
  -- Events that come up to a minute late still count.
  WATERMARK FOR `happened` AS `happened` - INTERVAL '1' MINUTE
) WITH (
  'connector' = 'kafka',
  'properties.bootstrap.servers' = 'localhost:9092',
  'topic' = 'walkeros-events',
  'scan.startup.mode' = 'earliest-offset',
  -- Ends where the topic ends now; without this line it goes on.
  'scan.bounded.mode' = 'latest-offset',
  'format' = 'json'
);

CREATE TABLE events_per_minute (
  `minute` TIMESTAMP(3),
  `name` STRING,
  `events` BIGINT,
  `items` INT
) WITH (
  'connector' = 'filesystem',
  'path' = 'file:///tmp/events-per-minute',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
);

INSERT INTO events_per_minute
SELECT `window_start`, `name`, COUNT(*), SUM(`data`.`quantity`)
FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(`happened`), INTERVAL '1' MINUTE))
GROUP BY `window_start`, `window_end`, `name`;
