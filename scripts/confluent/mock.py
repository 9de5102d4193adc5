"""librdkafka's mock cluster: three brokers in this process, which nobody of this project wrote.

Prints their addresses, one line of JSON. Then each line of standard input, {"topic", "count"}, is answered with a line: the
records of that topic, as librdkafka's consumer reads them. Ends with its standard input.
"""

import json
import sys

from confluent_kafka import Consumer, Producer, TopicPartition

cluster = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 3, "log_level": 3})
brokers = ",".join(f"{broker.host}:{broker.port}" for broker in cluster.list_topics(timeout=10).brokers.values())
print(json.dumps({"brokers": brokers}), flush=True)

for line in sys.stdin:
    wanted = json.loads(line)
    consumer = Consumer(
        {"bootstrap.servers": brokers, "group.id": "reader", "enable.auto.commit": False, "log_level": 3}
    )
    partitions = consumer.list_topics(wanted["topic"], timeout=10).topics[wanted["topic"]].partitions
    consumer.assign([TopicPartition(wanted["topic"], partition, 0) for partition in partitions])
    records = []
    # A second without one after the last: a duplicate must show.
    while (message := consumer.poll(10 if len(records) < wanted["count"] else 1)) is not None:
        if message.error() is None:
            records.append(
                {
                    "partition": message.partition(),
                    "key": message.key().decode(),
                    "value": message.value().decode(),
                }
            )
    consumer.close()
    print(json.dumps({"records": records}), flush=True)
