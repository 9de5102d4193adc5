-- The topic as a table, written as JSON, which is the default.
CREATE TABLE walkeros_events (
  `name` STRING,
  `id` STRING,
  `timestamp` BIGINT,
  `entity` STRING,
  `action` STRING,
  `trigger` STRING,
  `timing` DOUBLE,
  `data` MAP<STRING, STRING>,
  `context` MAP<STRING, ARRAY<STRING>>,
  `globals` MAP<STRING, STRING>,
  `custom` MAP<STRING, STRING>,
  `user` MAP<STRING, STRING>,
  `consent` MAP<STRING, BOOLEAN>,
  `source` MAP<STRING, STRING>,
  `nested` ARRAY<ROW<`entity` STRING, `data` MAP<STRING, STRING>>>,
  `time` AS TO_TIMESTAMP_LTZ(`timestamp`, 3),
  WATERMARK FOR `time` AS `time` - INTERVAL '10' SECOND
) WITH (
  'connector' = 'kafka',
  'topic' = 'walkeros-events',
  'properties.bootstrap.servers' = 'localhost:9092',
  'properties.group.id' = 'flink',
  'scan.startup.mode' = 'earliest-offset',
  'value.format' = 'json'
);
