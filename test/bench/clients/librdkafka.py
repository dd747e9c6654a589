"""librdkafka, the C client, through its Python wheel confluent-kafka: what contestant.mjs does, in Python."""
import json
import sys
import time

from confluent_kafka import Consumer, Producer


def produce(job):
    producer = Producer(
        {
            "bootstrap.servers": job["bootstrap"],
            "acks": "all",
            "linger.ms": 0,
            "batch.num.messages": job["sendRecords"],
            "batch.size": 2 << 20,
            "message.max.bytes": 2 << 20,
        }
    )
    value = b"k" * job["recordBytes"]
    for sent in range(0, job["records"], job["sendRecords"]):
        for index in range(sent, min(sent + job["sendRecords"], job["records"])):
            producer.produce(job["topic"], value, partition=index % job["partitions"])
        if producer.flush(10) > 0:
            raise RuntimeError("not all records were acknowledged")
    return lambda: None


def consume(job):
    consumer = Consumer(
        {
            "bootstrap.servers": job["bootstrap"],
            "group.id": job["group"],
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "max.partition.fetch.bytes": job["fetchBytes"],
        }
    )
    consumer.subscribe([job["topic"]])
    read = 0
    while read < job["records"]:
        messages = consumer.consume(1000, timeout=5)
        for message in messages:
            if message.error():
                raise RuntimeError(message.error().str())
        read += len(messages)
    return consumer.close


for line in sys.stdin:
    job = json.loads(line)
    try:
        began, used = time.perf_counter(), time.process_time()
        leave = {"produce": produce, "consume": consume}[job["what"]](job)
        answer = {"cpuSeconds": time.process_time() - used, "seconds": time.perf_counter() - began, "latenciesMs": []}
        leave()
    except Exception as error:
        answer = {"error": repr(error)}
    print(json.dumps(answer), flush=True)
