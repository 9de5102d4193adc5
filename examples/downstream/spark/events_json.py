"""The events of a topic in JSON as rows.

spark-submit --packages org.apache.spark:spark-sql-kafka-0-10_2.13:4.2.0 events_json.py
"""

from pyspark.sql import SparkSession
from pyspark.sql.functions import expr, from_json

spark = SparkSession.builder.appName("events-json").getOrCreate()

schema = """
  name STRING, id STRING, timestamp BIGINT, entity STRING, action STRING, trigger STRING, timing DOUBLE,
  data MAP<STRING, STRING>, context MAP<STRING, ARRAY<STRING>>, globals MAP<STRING, STRING>,
  custom MAP<STRING, STRING>, user MAP<STRING, STRING>, consent MAP<STRING, BOOLEAN>, source MAP<STRING, STRING>,
  nested ARRAY<STRUCT<entity: STRING, data: MAP<STRING, STRING>>>
"""

events = (
    spark.readStream.format("kafka")
    .option("kafka.bootstrap.servers", "localhost:9092")
    .option("subscribe", "walkeros-events")
    .option("startingOffsets", "earliest")
    .load()
    # Written with format json-schema: substring(value, 6) instead of value.
    .select(from_json(expr("CAST(value AS STRING)"), schema).alias("event"))
    .select("event.*")
)

(
    events.writeStream.trigger(availableNow=True)
    .format("json")
    .option("path", "/tmp/events")
    .option("checkpointLocation", "/tmp/events-checkpoint")
    .start()
    .awaitTermination()
)
