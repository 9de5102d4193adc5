"""The events of a topic in Avro as rows, written with the ready-made schema of the event.

spark-submit --packages org.apache.spark:spark-sql-kafka-0-10_2.13:4.2.0,org.apache.spark:spark-avro_2.13:4.1.1 events_avro.py
"""

from pyspark.sql import SparkSession
from pyspark.sql.avro.functions import from_avro
from pyspark.sql.functions import expr

spark = SparkSession.builder.appName("events-avro").getOrCreate()

# Comes with the package: walkeros-destination-kafka/schemas/walkeros-event.avsc
schema = open("walkeros-event.avsc").read()

events = (
    spark.readStream.format("kafka")
    .option("kafka.bootstrap.servers", "localhost:9092")
    .option("subscribe", "walkeros-events-avro")
    .option("startingOffsets", "earliest")
    .load()
    # Spark's functions do not know the frame: a zero and the schema's id, five bytes.
    .select(from_avro(expr("substring(value, 6)"), schema).alias("event"))
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
