import java.nio.ByteBuffer;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.*;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.*;

/**
 * Runs Java's own assignors over the groups that assignors.test.ts writes to the standard input, and prints what comes of them: for each member
 * its partitions, the bytes of its subscription, and what its strategy would put into the next one as user data. All words are separated by
 * single spaces; "-" stands for nothing.
 */
public class Assignors {
    public static void main(String[] arguments) {
        Scanner in = new Scanner(System.in);
        StringBuilder out = new StringBuilder();
        while (in.hasNextLine()) {
            String[] head = in.nextLine().split(" ");
            List<PartitionInfo> partitions = new ArrayList<>();
            for (TopicPartition size : partitionsIn(head[1]))
                for (int partition = 0; partition < size.partition(); partition++)
                    partitions.add(new PartitionInfo(size.topic(), partition, Node.noNode(), new Node[0], new Node[0]));
            Cluster cluster = new Cluster("cluster", List.of(), partitions, Set.of(), Set.of());
            Map<String, Subscription> members = new HashMap<>();
            for (int count = Integer.parseInt(head[2]); count > 0; count--) {
                String[] words = in.nextLine().split(" ");
                List<String> topics = words[2].equals("-") ? List.of() : List.of(words[2].split(","));
                Subscription subscription = new Subscription(
                    topics, bytes(words[5]), partitionsIn(words[3]), Integer.parseInt(words[4]), Optional.empty());
                if (!words[1].equals("-")) subscription.setGroupInstanceId(Optional.of(words[1]));
                members.put(words[0], subscription);
            }
            run(head[0], cluster, members, out);
        }
        System.out.print(out);
    }

    // The constructor is Java's own; what is to replace it has come after the release that is compared with.
    @SuppressWarnings("removal")
    static void run(String strategy, Cluster cluster, Map<String, Subscription> members, StringBuilder out) {
        // Before the assignment, which reads the user data and leaves nothing of it.
        Map<String, ByteBuffer> subscriptions = new HashMap<>();
        members.forEach((member, subscription) -> subscriptions.put(member, ConsumerProtocol.serializeSubscription(subscription)));
        Map<String, Assignment> result = assignor(strategy).assign(cluster, new GroupSubscription(members)).groupAssignment();
        for (String member : new TreeSet<>(members.keySet())) {
            Assignment assignment = result.get(member);
            ConsumerPartitionAssignor own = assignor(strategy);
            own.onAssignment(assignment, new ConsumerGroupMetadata("group", 7, member, Optional.empty()));
            StringJoiner partitions = new StringJoiner(",");
            for (TopicPartition partition : assignment.partitions()) partitions.add(partition.topic() + ":" + partition.partition());
            out.append(assignment.partitions().isEmpty() ? "-" : partitions.toString());
            out.append(' ').append(hex(subscriptions.get(member))).append(' ').append(hex(own.subscriptionUserData(Set.of()))).append('\n');
        }
    }

    static ConsumerPartitionAssignor assignor(String name) {
        switch (name) {
            case "range": return new RangeAssignor();
            case "roundrobin": return new RoundRobinAssignor();
            case "sticky": return new StickyAssignor();
            case "cooperative-sticky": return new CooperativeStickyAssignor();
            default: throw new IllegalArgumentException(name);
        }
    }

    static List<TopicPartition> partitionsIn(String text) {
        List<TopicPartition> partitions = new ArrayList<>();
        if (text.equals("-")) return partitions;
        for (String word : text.split(",")) {
            int colon = word.indexOf(':');
            partitions.add(new TopicPartition(word.substring(0, colon), Integer.parseInt(word.substring(colon + 1))));
        }
        return partitions;
    }

    static ByteBuffer bytes(String hex) {
        return hex.equals("-") ? null : ByteBuffer.wrap(HexFormat.of().parseHex(hex));
    }

    static String hex(ByteBuffer buffer) {
        if (buffer == null) return "-";
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
