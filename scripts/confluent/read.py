"""Reads topics with Confluent's own consumer and deserialisers, and prints one line of JSON for each record.

Standard input: {"brokers": "host:port", "registry": "http://…", "topics": [{"topic", "count", "format", "schema", "proto", "message"}]}
"""

import datetime
import functools
import importlib
import json
import os
import subprocess
import sys
import tempfile

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient, dual_schema_id_deserializer
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer
from confluent_kafka.schema_registry.serde import SchemaId
from confluent_kafka.serialization import MessageField, SerializationContext

folder = tempfile.mkdtemp(prefix="protobuf-")
sys.path.insert(0, folder)


@functools.cache
def protobuf_class(text, name):
    module = f"schema{len(sys.modules)}"
    path = os.path.join(folder, f"{module}.proto")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    compiler = [sys.executable, "-m", "grpc_tools.protoc", f"-I{folder}", f"--python_out={folder}", path]
    subprocess.run(compiler, check=True)
    found = importlib.import_module(f"{module}_pb2")
    for step in name.split("."):
        found = getattr(found, step)
    return found


def reader(asked, registry):
    kind = asked["format"]
    if kind == "avro":
        return AvroDeserializer(registry, asked.get("schema"))
    if kind == "json-schema":
        return JSONDeserializer(asked.get("schema"), schema_registry_client=registry)
    message = protobuf_class(asked["proto"], asked["message"])
    # Without the registry, which it would ask for compiled descriptors, and only Confluent's own has those.
    decode = ProtobufDeserializer(message, {"use.deprecated.format": False})
    from google.protobuf.json_format import MessageToDict

    def read(value, context):
        named = named_by_indexes(sys.modules[message.__module__].DESCRIPTOR, value, context)
        if named != message.DESCRIPTOR.full_name:
            raise RuntimeError(f"the indexes name {named}")
        return MessageToDict(decode(value, context), preserving_proto_field_name=True)

    return read


def named_by_indexes(file, value, context):
    schema_id = SchemaId("PROTOBUF")
    dual_schema_id_deserializer(value, context, schema_id)
    first, *inner = schema_id.message_indexes
    message = list(file.message_types_by_name.values())[first]
    for index in inner:
        message = message.nested_types[index]
    return message.full_name


def plain(value):
    """What JSON cannot say exactly, as text."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int) and abs(value) > 2**53:
        return f"{value}n"
    if isinstance(value, bytes):
        return f"bytes {value.hex()}"
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return value


def main():
    asked = json.load(sys.stdin)
    registry = SchemaRegistryClient({"url": asked["registry"]})
    for topic in asked["topics"]:
        decode = reader(topic, registry)
        consumer = Consumer({"bootstrap.servers": asked["brokers"], "group.id": topic["topic"]})
        name = topic["topic"]
        partitions = consumer.list_topics(name, 30).topics[name].partitions
        consumer.assign([TopicPartition(name, number, 0) for number in partitions])
        for _ in range(topic["count"]):
            message = consumer.poll(30)
            if message is None or message.error():
                raise RuntimeError(f"no record: {message and message.error()}")
            context = SerializationContext(message.topic(), MessageField.VALUE, message.headers())
            value = plain(decode(message.value(), context))
            print(json.dumps({"topic": message.topic(), "value": value}), flush=True)
        consumer.close()


main()
