import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Apache Kafka's own clients, driven by lines: {@code java Driver BOOTSTRAP}. See ../driver.ts. */
public final class Driver {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Map<String, String> STRATEGIES = Map.of(
        "roundrobin", "org.apache.kafka.clients.consumer.RoundRobinAssignor",
        "cooperative-sticky", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor");
    private static final Map<String, Object> SECURITY = security();

    private final String bootstrap;
    private final Admin admin;
    private final Map<String, Member> members = new HashMap<>();

    private Driver(String bootstrap) {
        this.bootstrap = bootstrap;
        this.admin = Admin.create(common());
    }

    public static void main(String[] arguments) throws Exception {
        Driver driver = new Driver(arguments[0]);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            JsonNode request = JSON.readTree(line);
            Map<String, Object> answer = driver.outcome(request);
            answer.put("id", request.get("id").asInt());
            System.out.println(JSON.writeValueAsString(answer));
        }
        // Consumers of a test that failed must not keep the process.
        Runtime.getRuntime().halt(0);
    }

    private Map<String, Object> outcome(JsonNode request) {
        Map<String, Object> answer = new HashMap<>();
        try {
            answer.put("result", perform(request.get("op").asText(), request));
        } catch (Exception failure) {
            Throwable cause = causeOf(failure);
            Map<String, Object> error = new HashMap<>();
            error.put("code", codeOf(cause));
            error.put("message", String.valueOf(cause));
            answer.put("error", error);
        }
        return answer;
    }

    private static Throwable causeOf(Throwable failure) {
        boolean isWrapping = failure instanceof ExecutionException || failure instanceof CompletionException;
        return isWrapping && failure.getCause() != null ? causeOf(failure.getCause()) : failure;
    }

    /** The broker's error code. What is no error of the protocol is one of the client. */
    private static Integer codeOf(Throwable failure) {
        Errors error = Errors.forException(failure);
        return error == Errors.UNKNOWN_SERVER_ERROR ? null : Integer.valueOf(error.code());
    }

    private Object perform(String op, JsonNode request) throws Exception {
        String topic = request.path("topic").asText();
        String group = request.path("group").asText();
        int partition = request.path("partition").asInt();
        TopicPartition place = new TopicPartition(topic, partition);
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        switch (op) {
            case "createTopic": {
                Map<String, String> configs = new HashMap<>();
                request.get("configs").properties().forEach(each -> configs.put(each.getKey(), each.getValue().asText()));
                NewTopic wanted = new NewTopic(topic, Optional.of(request.get("partitions").asInt()), Optional.empty());
                return done(admin.createTopics(Set.of(wanted.configs(configs))).all());
            }
            case "listTopics":
                return admin.listTopics().names().get();
            case "describeTopic":
                return describeTopic(topic);
            case "addPartitions": {
                NewPartitions wanted = NewPartitions.increaseTo(request.get("count").asInt());
                return done(admin.createPartitions(Map.of(topic, wanted)).all());
            }
            case "describeConfigs": {
                Map<String, String> described = new HashMap<>();
                admin.describeConfigs(Set.of(resource)).all().get().get(resource).entries()
                    .forEach(entry -> described.put(entry.name(), entry.value()));
                return described;
            }
            case "alterConfig": {
                ConfigEntry entry = new ConfigEntry(request.get("name").asText(), request.get("value").asText());
                AlterConfigOp change = new AlterConfigOp(entry, AlterConfigOp.OpType.SET);
                return done(admin.incrementalAlterConfigs(Map.of(resource, Set.of(change))).all());
            }
            case "deleteTopic":
                return done(admin.deleteTopics(Set.of(topic)).all());
            case "describeCluster":
                return describeCluster();
            case "listGroups":
                return admin.listGroups().all().get().stream().map(each -> each.groupId()).collect(Collectors.toList());
            case "describeGroup": {
                var described = admin.describeConsumerGroups(Set.of(group)).all().get().get(group);
                String state = described.groupState().toString();
                return Map.of("state", state, "protocol", described.partitionAssignor(), "members", described.members().size());
            }
            case "groupOffsets": {
                Map<String, Long> committed = new HashMap<>();
                admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().forEach((its, offset) -> {
                    if (its.topic().equals(topic) && offset != null) committed.put(String.valueOf(its.partition()), offset.offset());
                });
                return committed;
            }
            case "alterGroupOffsets":
                return done(admin.alterConsumerGroupOffsets(group, offsets(topic, request.get("offsets"))).all());
            case "deleteGroupOffsets": {
                Set<TopicPartition> places = StreamSupport.stream(request.get("partitions").spliterator(), false)
                    .map(each -> new TopicPartition(topic, each.asInt())).collect(Collectors.toSet());
                return done(admin.deleteConsumerGroupOffsets(group, places).all());
            }
            case "deleteGroup":
                return done(admin.deleteConsumerGroups(Set.of(group)).all());
            case "deleteRecords": {
                RecordsToDelete wanted = RecordsToDelete.beforeOffset(request.get("before").asLong());
                return done(admin.deleteRecords(Map.of(place, wanted)).all());
            }
            case "listOffset":
                return offsetOf(place, specOf(request.get("at")));
            case "offsetOfMaxTimestamp":
                return offsetOf(place, OffsetSpec.maxTimestamp());
            case "produce":
                return produce(topic, request);
            case "read":
                return read(place, request.get("from").asLong(), request.get("count").asInt());
            case "join":
                members.put(request.get("member").asText(), new Member(group, topic, request));
                return null;
            case "life":
                return members.get(request.get("member").asText()).life();
            case "hold":
                members.get(request.get("member").asText()).isHeld = true;
                return null;
            case "release":
                members.get(request.get("member").asText()).isHeld = false;
                return null;
            case "state":
                return members.get(request.get("member").asText()).state();
            case "commit": {
                Map<TopicPartition, OffsetAndMetadata> wanted = offsets(topic, request.get("offsets"));
                return done(members.get(request.get("member").asText()).ask(consumer -> consumer.commitSync(wanted, LIMIT)));
            }
            case "leave":
                members.get(request.get("member").asText()).leave();
                return null;
            default:
                throw new IllegalArgumentException("no operation " + op);
        }
    }

    private Object describeTopic(String topic) throws Exception {
        List<Object> partitions = new ArrayList<>();
        admin.describeTopics(Set.of(topic)).allTopicNames().get().get(topic).partitions().forEach(each -> partitions.add(Map.of(
            "partition", each.partition(), "leader", each.leader().id(), "replicas", ids(each.replicas()), "isr", ids(each.isr()))));
        return Map.of("partitions", partitions);
    }

    private static List<Integer> ids(List<Node> nodes) {
        return nodes.stream().map(Node::id).collect(Collectors.toList());
    }

    private Object describeCluster() throws Exception {
        var described = admin.describeCluster();
        List<Object> brokers = new ArrayList<>();
        described.nodes().get().forEach(node -> brokers.add(Map.of("id", node.id(), "host", node.host(), "port", node.port())));
        return Map.of("clusterId", described.clusterId().get(), "controller", described.controller().get().id(), "brokers", brokers);
    }

    private long offsetOf(TopicPartition place, OffsetSpec spec) throws Exception {
        return admin.listOffsets(Map.of(place, spec)).partitionResult(place).get().offset();
    }

    private static OffsetSpec specOf(JsonNode at) {
        if (at.isNumber()) return OffsetSpec.forTimestamp(at.asLong());
        return at.asText().equals("earliest") ? OffsetSpec.earliest() : OffsetSpec.latest();
    }

    private Object produce(String topic, JsonNode request) throws Exception {
        Map<String, Object> settings = common();
        settings.put("acks", request.get("acks").asText());
        settings.put("enable.idempotence", request.get("idempotent").asText());
        settings.put("compression.type", request.get("codec").asText());
        settings.put("linger.ms", "20");
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (JsonNode record : request.get("records")) {
                List<Header> headers = new ArrayList<>();
                record.get("headers").forEach(each -> headers.add(new RecordHeader(each.get(0).asText(), decoded(each.get(1)))));
                Integer partition = record.get("partition").isNull() ? null : Integer.valueOf(record.get("partition").asInt());
                long timestamp = record.get("timestamp").asLong();
                byte[] key = decoded(record.get("key"));
                byte[] value = decoded(record.get("value"));
                sent.add(producer.send(new ProducerRecord<>(topic, partition, timestamp, key, value, headers)));
            }
            producer.flush();
        }
        List<Object> written = new ArrayList<>();
        for (Future<RecordMetadata> each : sent) {
            RecordMetadata where = each.get();
            if (where.hasOffset()) written.add(Map.of("partition", where.partition(), "offset", where.offset()));
        }
        return written;
    }

    private Object read(TopicPartition place, long from, int count) throws Exception {
        List<Object> records = new ArrayList<>();
        long limit = System.nanoTime() + LIMIT.toNanos();
        Map<String, Object> settings = common();
        settings.put("fetch.max.wait.ms", "50");
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(settings)) {
            consumer.assign(List.of(place));
            consumer.seek(place, from);
            while (records.size() < count) {
                if (System.nanoTime() > limit) throw new IllegalStateException(records.size() + " of " + count + " records came");
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) records.add(described(record));
            }
        }
        return records.subList(0, count);
    }

    private static Object described(ConsumerRecord<byte[], byte[]> record) {
        List<Object> headers = new ArrayList<>();
        for (Header header : record.headers()) {
            List<String> pair = new ArrayList<>();
            pair.add(header.key());
            pair.add(encoded(header.value()));
            headers.add(pair);
        }
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("partition", record.partition());
        described.put("offset", record.offset());
        described.put("timestamp", record.timestamp());
        described.put("key", encoded(record.key()));
        described.put("value", encoded(record.value()));
        described.put("headers", headers);
        return described;
    }

    private Map<String, Object> common() {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("client.id", "interop-java");
        settings.putAll(SECURITY);
        return settings;
    }

    private static Map<String, Object> security() {
        String wanted = System.getenv("INTEROP_SECURITY");
        if (wanted == null) return Map.of();
        try {
            JsonNode security = JSON.readTree(wanted);
            String login = "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"%s\" password=\"%s\";";
            return Map.of(
                "security.protocol", "SASL_SSL",
                "sasl.mechanism", "SCRAM-SHA-512",
                "sasl.jaas.config", String.format(login, security.get("username").asText(), security.get("password").asText()),
                "ssl.truststore.type", "PEM",
                "ssl.truststore.location", security.get("ca").asText());
        } catch (java.io.IOException failure) {
            throw new IllegalStateException(failure);
        }
    }

    private static KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> settings) {
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private static Map<TopicPartition, OffsetAndMetadata> offsets(String topic, JsonNode offsets) {
        Map<TopicPartition, OffsetAndMetadata> places = new HashMap<>();
        offsets.properties().forEach(each -> places.put(
            new TopicPartition(topic, Integer.parseInt(each.getKey())), new OffsetAndMetadata(each.getValue().asLong())));
        return places;
    }

    private static Object done(Future<?> future) throws Exception {
        future.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        return null;
    }

    private static byte[] decoded(JsonNode text) {
        return text.isNull() ? null : Base64.getDecoder().decode(text.asText());
    }

    private static String encoded(byte[] value) {
        return value == null ? null : Base64.getEncoder().encodeToString(value);
    }

    /** A consumer that polls in a thread of its own, which alone may touch it, and notes what comes. */
    private final class Member implements ConsumerRebalanceListener {
        private final BlockingQueue<Consumer<KafkaConsumer<byte[], byte[]>>> questions = new LinkedBlockingQueue<>();
        private final List<long[]> received = new ArrayList<>();
        private Collection<TopicPartition> assignment = List.of();
        private final List<Object> calls = new ArrayList<>();
        private final boolean commits;
        private final Thread thread;
        private KafkaConsumer<byte[], byte[]> consumer;
        private int generation = -1;
        private String failure = null;
        volatile boolean isHeld = false;
        private volatile boolean isLeaving = false;

        Member(String group, String topic, JsonNode request) {
            Map<String, Object> settings = common();
            settings.put("group.id", group);
            settings.put("auto.offset.reset", "earliest");
            settings.put("enable.auto.commit", "false");
            settings.put("session.timeout.ms", "6000");
            settings.put("heartbeat.interval.ms", "200");
            settings.put("fetch.max.wait.ms", "100");
            if (request.has("strategy")) settings.put("partition.assignment.strategy", STRATEGIES.get(request.get("strategy").asText()));
            if (request.has("instanceId")) settings.put("group.instance.id", request.get("instanceId").asText());
            commits = request.has("commits");
            thread = new Thread(() -> run(settings, topic));
            thread.setDaemon(true);
            thread.start();
        }

        private void run(Map<String, Object> settings, String topic) {
            try (KafkaConsumer<byte[], byte[]> its = consumer(settings)) {
                consumer = its;
                consumer.subscribe(List.of(topic), this);
                boolean isCommitted = true;
                while (!isLeaving) {
                    if (isHeld) {
                        Thread.sleep(20);
                        continue;
                    }
                    var records = consumer.poll(Duration.ofMillis(50));
                    for (ConsumerRecord<byte[], byte[]> record : records) note(record);
                    note(Set.copyOf(consumer.assignment()), consumer.groupMetadata().generationId());
                    if (!records.isEmpty()) isCommitted = false;
                    else if (commits && !isCommitted) isCommitted = commit();
                    for (var question = questions.poll(); question != null; question = questions.poll()) question.accept(consumer);
                }
            } catch (Exception thrown) {
                note(thrown);
            }
        }

        /** Answers false in the middle of a rebalance: later, then. */
        private boolean commit() {
            try {
                consumer.commitSync(LIMIT);
                return true;
            } catch (RebalanceInProgressException tooEarly) {
                return false;
            }
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            note("assigned", partitions);
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            note("revoked", partitions);
            if (commits) consumer.commitSync(LIMIT);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            note("lost", partitions);
        }

        private synchronized void note(String call, Collection<TopicPartition> partitions) {
            calls.add(List.of(call, partitions.stream().map(TopicPartition::partition).sorted().collect(Collectors.toList())));
        }

        private synchronized void note(Exception thrown) {
            failure = String.valueOf(thrown);
        }

        synchronized Object life() {
            Map<String, Object> life = new HashMap<>();
            life.put("generation", generation);
            life.put("calls", List.copyOf(calls));
            life.put("failure", failure);
            return life;
        }

        private synchronized void note(ConsumerRecord<byte[], byte[]> record) {
            received.add(new long[] {record.partition(), record.offset()});
        }

        private synchronized void note(Collection<TopicPartition> current, int its) {
            assignment = current;
            generation = its;
        }

        synchronized Object state() {
            List<Integer> partitions = assignment.stream().map(TopicPartition::partition).collect(Collectors.toList());
            return Map.of("partitions", partitions, "received", List.copyOf(received));
        }

        /** Puts something to the consumer in its own thread. */
        Future<?> ask(Consumer<KafkaConsumer<byte[], byte[]>> question) {
            CompletableFuture<Void> answered = new CompletableFuture<>();
            questions.add(consumer -> {
                try {
                    question.accept(consumer);
                    answered.complete(null);
                } catch (RuntimeException failure) {
                    answered.completeExceptionally(failure);
                }
            });
            return answered;
        }

        void leave() throws InterruptedException {
            isLeaving = true;
            thread.join(LIMIT.toMillis());
        }
    }
}
