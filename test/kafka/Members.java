import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.TopicPartition;

/**
 * Plays a group of Java's own consumers by the script that members.test.ts writes to the standard input, and prints what their callbacks were
 * called with and what their polls have thrown, line by line in the order of each member. The words of a step are separated by spaces.
 */
public class Members {
    static final Map<String, Member> members = new TreeMap<>();
    static final ExecutorService threads = Executors.newCachedThreadPool();
    static String bootstrap, group;
    /** The generation that a rebalance, once asked for, must leave behind. */
    static int beyond;

    static class Member implements ConsumerRebalanceListener {
        final String name;
        final KafkaConsumer<byte[], byte[]> consumer;
        final List<String> log = new ArrayList<>();
        boolean isAngry = false;

        Member(String name, String strategies, String instance) {
            this.name = name;
            Properties properties = new Properties();
            properties.put("bootstrap.servers", bootstrap);
            properties.put("group.id", group);
            properties.put("client.id", name);
            if (!instance.equals("-")) properties.put("group.instance.id", instance);
            properties.put("enable.auto.commit", "false");
            properties.put("auto.offset.reset", "earliest");
            properties.put("heartbeat.interval.ms", "200");
            properties.put("session.timeout.ms", "6000");
            properties.put("partition.assignment.strategy", strategies);
            String bytes = "org.apache.kafka.common.serialization.ByteArrayDeserializer";
            properties.put("key.deserializer", bytes);
            properties.put("value.deserializer", bytes);
            consumer = new KafkaConsumer<>(properties);
            consumer.subscribe(List.of(group), this);
        }

        boolean isSubscribed() { return !consumer.subscription().isEmpty(); }

        int generation() { return consumer.groupMetadata().generationId(); }

        void rejoin() {
            beyond = generation();
            consumer.enforceRebalance();
        }

        void poll() {
            if (!isSubscribed()) return;
            try {
                consumer.poll(Duration.ofMillis(50));
            } catch (RuntimeException error) {
                log.add("threw " + rootOf(error));
            }
        }

        void note(String what, Collection<TopicPartition> partitions) {
            log.add(what + " " + partitions.stream().map(p -> "" + p.partition()).collect(Collectors.joining(",")));
            if (!isAngry) return;
            isAngry = false;
            throw new IllegalStateException("angry");
        }

        public void onPartitionsRevoked(Collection<TopicPartition> partitions) { note("revoked", partitions); }
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) { note("assigned", partitions); }
        public void onPartitionsLost(Collection<TopicPartition> partitions) { note("lost", partitions); }
    }

    public static void main(String[] arguments) {
        Scanner in = new Scanner(System.in);
        bootstrap = in.nextLine();
        while (in.hasNextLine()) {
            String[] words = in.nextLine().split(" ");
            switch (words[0]) {
                case "group": group = words[1]; beyond = 0; break;
                case "add": members.put(words[1], new Member(words[1], words[2], words[3])); break;
                case "settle": settle(words[1]); break;
                case "anger": members.get(words[1]).isAngry = true; break;
                case "rejoin": members.get(words[1]).rejoin(); break;
                case "unsubscribe": members.get(words[1]).consumer.unsubscribe(); break;
                case "close": close(words[1]); break;
                case "end": for (String name : List.copyOf(members.keySet())) close(name); System.out.println("end"); break;
                default: throw new IllegalArgumentException(words[0]);
            }
        }
        threads.shutdown();
    }

    /** Polls everybody until the sizes of the assignments are these, in one generation after the one to be left, and then for a while longer. */
    static void settle(String sizes) {
        for (int rounds = 0; !isSettled(sizes); rounds++) {
            if (rounds == 400) throw new IllegalStateException("after 400 rounds of polls the assignments are not " + sizes);
            pollAll();
        }
        for (int rounds = 0; rounds < 10; rounds++) pollAll();
    }

    static boolean isSettled(String sizes) {
        String now = members.values().stream()
            .map(member -> member.consumer.assignment().size()).sorted().map(String::valueOf).collect(Collectors.joining(","));
        List<Integer> generations = members.values().stream()
            .filter(Member::isSubscribed).map(Member::generation).distinct().toList();
        return now.equals(sizes) && generations.size() == 1 && generations.get(0) > beyond;
    }

    /** All at the same time: a consumer of Java's goes on with a join only while it is polled. */
    static void pollAll() {
        CompletableFuture.allOf(members.values().stream()
            .map(member -> CompletableFuture.runAsync(member::poll, threads)).toArray(CompletableFuture[]::new)).join();
    }

    /** What was thrown at first: Java wraps it once in poll and twice in close. */
    static String rootOf(Throwable error) {
        if (error.getCause() == null) return error.getClass().getSimpleName();
        while (error.getCause() != null) error = error.getCause();
        return error.getMessage();
    }

    static void close(String name) {
        Member member = members.remove(name);
        try {
            member.consumer.close();
        } catch (RuntimeException error) {
            member.log.add("threw " + rootOf(error));
        }
        for (String line : member.log) System.out.println(name + " " + line);
    }
}
