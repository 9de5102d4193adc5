"""Events and items per minute and name, by the time at which they happened.

spark-submit --packages org.apache.spark:spark-sql-kafka-0-10_2.13:4.2.0 events_per_minute.py
"""

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, count, from_json, sum, window

spark = (
    SparkSession.builder.appName("events-per-minute")
    .config("spark.sql.session.timeZone", "UTC")
    # One for each core; the default of 200 is for a cluster.
    .config("spark.sql.shuffle.partitions", "2")
    .getOrCreate()
)

events = (
    spark.readStream.format("kafka")
    .option("kafka.bootstrap.servers", "localhost:9092")
    .option("subscribe", "walkeros-events")
    .option("startingOffsets", "earliest")
    .load()
    # `timestamp` is the record's, which is the event's.
    .select(
        col("timestamp"),
        from_json(col("value").cast("string"), "name STRING, data STRUCT<quantity: INT>").alias("event"),
    )
)

per_minute = (
    # Events that come up to a minute late still count.
    events.withWatermark("timestamp", "1 minute")
    .groupBy(window("timestamp", "1 minute"), col("event.name"))
    .agg(count("*").alias("events"), sum("event.data.quantity").alias("items"))
    .select(col("window.start").alias("minute"), "name", "events", "items")
)

# Takes what is there and ends; the next run goes on where this one stopped.
# A minute is written once, when the newest event is a minute past its end.
(
    per_minute.writeStream.trigger(availableNow=True)
    .outputMode("append")
    .format("json")
    .option("path", "/tmp/events-per-minute")
    .option("checkpointLocation", "/tmp/events-per-minute-checkpoint")
    .start()
    .awaitTermination()
)
