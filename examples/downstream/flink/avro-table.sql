-- The topic as a table, written with settings.value { "format": "avro" } and the ready-made schema of the event.
CREATE TABLE walkeros_events (
  `name` STRING,
  `id` STRING,
  `timestamp` TIMESTAMP(3),
  `entity` STRING,
  `action` STRING,
  `trigger` STRING,
  `timing` DOUBLE,
  `data` MAP<STRING, STRING>,
  `context` MAP<STRING, ROW<`value` STRING, `index` INT>>,
  `globals` MAP<STRING, STRING>,
  `custom` MAP<STRING, STRING>,
  `user` MAP<STRING, STRING>,
  `consent` MAP<STRING, BOOLEAN>,
  `source` MAP<STRING, STRING>,
  `nested` ARRAY<ROW<
    `entity` STRING,
    `data` MAP<STRING, STRING>,
    `context` MAP<STRING, ROW<`value` STRING, `index` INT>>,
    `nested` STRING>>,
  WATERMARK FOR `timestamp` AS `timestamp` - INTERVAL '10' SECOND
) WITH (
  'connector' = 'kafka',
  'topic' = 'walkeros-events-avro',
  'properties.bootstrap.servers' = 'localhost:9092',
  'properties.group.id' = 'flink',
  'scan.startup.mode' = 'earliest-offset',
  'value.format' = 'avro-confluent',
  'value.avro-confluent.url' = 'http://localhost:8081'
);
