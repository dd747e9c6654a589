import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.tools.consumer.group.ConsumerGroupCommand;

/**
 * Kafka's ConsumerGroupCommand, many times in one Java machine: each line of the standard input has the options of one, separated by spaces. What it
 * prints goes to the standard output, and a line of its own after it.
 */
public class GroupCommands {
    static class Ended extends RuntimeException {
    }

    public static void main(String[] arguments) throws Exception {
        // What is printed with the usage is long, and ends the program.
        Exit.setExitProcedure((status, message) -> {
            throw new Ended();
        });
        System.setErr(System.out);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            try {
                ConsumerGroupCommand.main(line.split(" "));
            } catch (Ended ended) {
                System.out.println("ended");
            }
            System.out.println(arguments[0]);
            System.out.flush();
        }
        Runtime.getRuntime().halt(0);
    }
}
