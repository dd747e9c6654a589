"""Stock confluent-kafka (librdkafka), driven by lines: `python driver.py BOOTSTRAP`. See ../driver.ts."""

import base64
import json
import os
import queue
import sys
import threading
from concurrent.futures import Future

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

BOOTSTRAP = sys.argv[1]
COMMON = {"bootstrap.servers": BOOTSTRAP, "client.id": "interop-librdkafka", "log_level": 0}
if "INTEROP_SECURITY" in os.environ:
    security = json.loads(os.environ["INTEROP_SECURITY"])
    COMMON |= {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": security["username"],
        "sasl.password": security["password"],
        "ssl.ca.location": security["ca"],
    }
LIMIT_S = 20

admin = AdminClient(COMMON)
members = {}


def the_only(futures):
    """The outcome of an operation on one thing; a failure is raised."""
    (future,) = futures.values()
    return future.result(LIMIT_S)


def encoded(value):
    return None if value is None else base64.b64encode(value).decode()


def decoded(text):
    return None if text is None else base64.b64decode(text)


def create_topic(topic, partitions, configs):
    the_only(admin.create_topics([NewTopic(topic, partitions, 1, config=configs)]))


def list_topics():
    return list(admin.list_topics(timeout=LIMIT_S).topics)


def describe_topic(topic):
    described = the_only(admin.describe_topics(TopicCollection([topic])))
    return {
        "partitions": [
            {
                "partition": each.id,
                "leader": each.leader.id,
                "replicas": [node.id for node in each.replicas],
                "isr": [node.id for node in each.isr],
            }
            for each in described.partitions
        ]
    }


def add_partitions(topic, count):
    the_only(admin.create_partitions([NewPartitions(topic, count)]))


def describe_configs(topic):
    described = the_only(admin.describe_configs([ConfigResource(ResourceType.TOPIC, topic)]))
    return {name: entry.value for name, entry in described.items()}


def alter_config(topic, name, value):
    entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    the_only(admin.incremental_alter_configs([resource]))


def delete_topic(topic):
    the_only(admin.delete_topics([topic]))


def describe_cluster():
    described = admin.describe_cluster().result(LIMIT_S)
    brokers = [{"id": node.id, "host": node.host, "port": node.port} for node in described.nodes]
    return {"clusterId": described.cluster_id, "controller": described.controller.id, "brokers": brokers}


def list_groups():
    return [group.group_id for group in admin.list_consumer_groups().result(LIMIT_S).valid]


def describe_group(group):
    described = the_only(admin.describe_consumer_groups([group]))
    # Upper case with an underscore in Python, Kafka's own words on the wire.
    state = "".join(word.capitalize() for word in described.state.name.split("_"))
    return {"state": state, "protocol": described.partition_assignor, "members": len(described.members)}


def group_offsets(group, topic, partitions):
    wanted = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, each) for each in partitions])
    found = the_only(admin.list_consumer_group_offsets([wanted])).topic_partitions
    return {each.partition: each.offset for each in found if each.offset >= 0}


def alter_group_offsets(group, topic, offsets):
    wanted = [TopicPartition(topic, int(partition), offset) for partition, offset in offsets.items()]
    altered = the_only(admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(group, wanted)]))
    for each in altered.topic_partitions:
        if each.error is not None:
            raise KafkaException(each.error)


def delete_group(group):
    the_only(admin.delete_consumer_groups([group]))


def delete_records(topic, partition, before):
    the_only(admin.delete_records([TopicPartition(topic, partition, before)]))


def list_offset(topic, partition, at):
    named = {"earliest": OffsetSpec.earliest, "latest": OffsetSpec.latest}
    return offset_of(topic, partition, named[at]() if isinstance(at, str) else OffsetSpec.for_timestamp(at))


def offset_of_max_timestamp(topic, partition):
    return offset_of(topic, partition, OffsetSpec.max_timestamp())


def offset_of(topic, partition, spec):
    wanted = {TopicPartition(topic, partition): spec}
    return the_only(admin.list_offsets(wanted, isolation_level=IsolationLevel.READ_UNCOMMITTED)).offset


def produce(topic, codec, acks, idempotent, records):
    settings = {"acks": acks, "enable.idempotence": idempotent, "compression.type": codec, "linger.ms": 20}
    producer = Producer({**COMMON, **settings})
    written = []
    failures = []

    def delivered(error, message):
        if error is not None:
            failures.append(error)
        else:
            written.append({"partition": message.partition(), "offset": message.offset()})

    for record in records:
        place = {} if record["partition"] is None else {"partition": record["partition"]}
        producer.produce(
            topic,
            key=decoded(record["key"]),
            value=decoded(record["value"]),
            headers=[(name, decoded(value)) for name, value in record["headers"]],
            timestamp=record["timestamp"],
            on_delivery=delivered,
            **place,
        )
    if producer.flush(LIMIT_S) > 0:
        raise TimeoutError("not all records were delivered")
    if failures:
        raise KafkaException(failures[0])
    return written if acks != 0 else []


def read(topic, partition, **places):
    # `from` is a word of the language, so it cannot be a parameter.
    consumer = Consumer({**COMMON, "group.id": "read-librdkafka", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, partition, places["from"])])
    records = []
    while len(records) < places["count"]:
        message = consumer.poll(LIMIT_S)
        if message is None:
            raise TimeoutError(f"{len(records)} of {places['count']} records came within {LIMIT_S} s")
        if message.error() is not None:
            raise KafkaException(message.error())
        records.append(
            {
                "partition": message.partition(),
                "offset": message.offset(),
                "timestamp": message.timestamp()[1],
                "key": encoded(message.key()),
                "value": encoded(message.value()),
                "headers": [[name, encoded(value)] for name, value in message.headers() or []],
            }
        )
    consumer.close()
    return records


class Member:
    """A consumer that polls in a thread of its own, which alone may touch it, and notes what comes."""

    def __init__(self, group, topic, strategy=None, instance_id=None, commits=False):
        settings = {"group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False}
        quick = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 200, "fetch.wait.max.ms": 100}
        if strategy is not None:
            settings["partition.assignment.strategy"] = strategy
        if instance_id is not None:
            settings["group.instance.id"] = instance_id
        self.topic = topic
        self.commits_itself = commits
        # The next offset of what has come and is not committed, by partition.
        self.uncommitted = {}
        self.calls = []
        self.failure = None
        self.consumer = Consumer({**COMMON, **settings, **quick, "error_cb": self.failed})
        self.consumer.subscribe([topic], on_assign=self.assigned, on_revoke=self.revoked, on_lost=self.lost)
        self.partitions = []
        self.received = []
        self.commits = queue.Queue()
        self.leaving = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.leaving.is_set():
            message = self.consumer.poll(0.05)
            if message is None:
                self.commit_handled(list(self.uncommitted))
            elif message.error() is None:
                self.received.append([message.partition(), message.offset()])
                self.uncommitted[message.partition()] = message.offset() + 1
            else:
                self.failed(message.error())
            self.partitions = [each.partition for each in self.consumer.assignment()]
            while not self.commits.empty():
                self.commit_now(*self.commits.get())
        self.consumer.close()

    def commit_handled(self, partitions):
        handled = [TopicPartition(self.topic, each, self.uncommitted[each]) for each in partitions if each in self.uncommitted]
        if not self.commits_itself or not handled:
            return
        try:
            self.consumer.commit(offsets=handled, asynchronous=False)
        except KafkaException as error:
            # In the middle of a rebalance: later, then.
            if error.args[0].code() not in (KafkaError.REBALANCE_IN_PROGRESS, KafkaError.ILLEGAL_GENERATION):
                self.failed(error)
            return
        for each in handled:
            del self.uncommitted[each.partition]

    def failed(self, error):
        # That no broker is left says less than why.
        if not isinstance(error, KafkaError) or error.code() != KafkaError._ALL_BROKERS_DOWN:
            self.failure = str(error)

    def note(self, what, partitions):
        numbers = sorted(each.partition for each in partitions)
        self.calls.append([what, numbers])
        return numbers

    def assigned(self, _, partitions):
        self.note("assigned", partitions)

    def revoked(self, _, partitions):
        self.commit_handled(self.note("revoked", partitions))

    def lost(self, _, partitions):
        for each in self.note("lost", partitions):
            self.uncommitted.pop(each, None)

    def commit_now(self, offsets, committed):
        try:
            for each in self.consumer.commit(offsets=offsets, asynchronous=False):
                if each.error is not None:
                    raise KafkaException(each.error)
            committed.set_result(None)
        except Exception as error:  # Whoever asked is told.
            committed.set_exception(error)

    def commit(self, offsets):
        committed = Future()
        self.commits.put((offsets, committed))
        committed.result(LIMIT_S)

    def leave(self):
        self.leaving.set()
        self.thread.join(LIMIT_S)


# The names of its parameters are those of the request.
def join(member, group, topic, strategy=None, instanceId=None, commits=False):
    members[member] = Member(group, topic, strategy, instanceId, commits)


def state(member):
    known = members[member]
    return {"partitions": known.partitions, "received": list(known.received)}


def life(member):
    # librdkafka keeps the generation to itself.
    return {"generation": None, "calls": list(members[member].calls), "failure": members[member].failure}


def commit(member, topic, offsets):
    members[member].commit([TopicPartition(topic, int(partition), offset) for partition, offset in offsets.items()])


def leave(member):
    members[member].leave()


OPERATIONS = {
    "createTopic": create_topic,
    "listTopics": list_topics,
    "describeTopic": describe_topic,
    "addPartitions": add_partitions,
    "describeConfigs": describe_configs,
    "alterConfig": alter_config,
    "deleteTopic": delete_topic,
    "describeCluster": describe_cluster,
    "listGroups": list_groups,
    "describeGroup": describe_group,
    "groupOffsets": group_offsets,
    "alterGroupOffsets": alter_group_offsets,
    "deleteGroup": delete_group,
    "deleteRecords": delete_records,
    "listOffset": list_offset,
    "offsetOfMaxTimestamp": offset_of_max_timestamp,
    "produce": produce,
    "read": read,
    "join": join,
    "state": state,
    "life": life,
    "commit": commit,
    "leave": leave,
}


def code_of(error):
    """The broker's error code; librdkafka's own errors are below -100 and count as none."""
    if not isinstance(error, KafkaException):
        return None
    code = error.args[0].code()
    return code if code > -100 else None


def outcome(operation, request):
    if operation is None:
        return {"missing": True}
    try:
        return {"result": operation(**request)}
    except Exception as error:  # Whatever goes wrong is the answer.
        return {"error": {"code": code_of(error), "message": str(error)}}


for line in sys.stdin:
    request = json.loads(line)
    answered = {"id": request.pop("id"), **outcome(OPERATIONS.get(request.pop("op")), request)}
    print(json.dumps(answered), flush=True)
