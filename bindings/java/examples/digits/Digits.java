package digits;

import org.gradmq.ConnectOptions;
import org.gradmq.ErrorCode;
import org.gradmq.GradmqException;
import org.gradmq.Parameters;
import org.gradmq.PushOptions;
import org.gradmq.Worker;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A worker that learns to read digits: takes parameters, computes the gradient of its part of the
 * images, pushes it.
 */
public final class Digits {
    private static final int BATCH = 32;
    private static final Duration SETTLE = Duration.ofSeconds(60);

    private final Map<String, String> options = new HashMap<>();
    private final AtomicLong late = new AtomicLong();

    private Digits(String[] arguments) {
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            options.put(arguments[i], arguments[i + 1]);
        }
    }

    /**
     * Work to the end.
     *
     * @param arguments --control ENDPOINT --name NAME --part I --parts N --gradients G --data FILE,
     *     and --secret FILE --server-key FILE where the coordinator asks for keys
     */
    public static void main(String[] arguments) {
        try {
            System.exit(new Digits(arguments).work() ? 0 : 1);
        } catch (GradmqException | IOException e) {
            System.err.println("digits: " + e.getMessage());
            System.exit(1);
        } catch (InterruptedException e) {
            System.exit(130);
        }
    }

    private String option(String name) {
        String value = options.get("--" + name);
        if (value == null) {
            System.err.println("digits: --" + name + " is needed");
            System.exit(2);
        }
        return value;
    }

    private ConnectOptions connection() {
        ConnectOptions to = ConnectOptions.to(option("control")).name(option("name"));
        String secret = options.get("--secret");
        return secret == null ? to : to.keys(Path.of(secret), options.get("--server-key"));
    }

    private boolean work() throws IOException, InterruptedException {
        int part = Integer.parseInt(option("part"));
        int parts = Integer.parseInt(option("parts"));
        long gradients = Long.parseLong(option("gradients"));
        Images images = Images.read(Path.of(option("data")));
        Batch batch = new Batch(images, part - 1, parts, BATCH, part);
        Worker worker = Worker.open(connection());
        try (worker) {
            worker.onVerdict(
                    verdict -> {
                        if (verdict.code() == ErrorCode.LATE) {
                            late.incrementAndGet();
                        } else {
                            System.err.println("not applied: " + verdict);
                        }
                    });
            push(worker, new Network(BATCH), batch, gradients);
        }
        return told(worker, gradients);
    }

    //  Until so many count: under bsp who joins while others go on comes late with some.
    private void push(Worker worker, Network network, Batch batch, long gradients)
            throws InterruptedException {
        float[] gradient = new float[Network.PARAMETERS];
        long pushed = 0;
        while (pushed < gradients + late.get()) {
            for (; pushed < gradients + late.get(); pushed++) {
                Parameters parameters = worker.nextParameters();
                FloatBuffer floats = parameters.floats();
                double loss = network.gradient(floats, batch.next(), gradient);
                worker.push(gradient, PushOptions.NONE.metric("loss", loss, BATCH));
            }
            worker.flush(SETTLE);
        }
    }

    private boolean told(Worker worker, long gradients) {
        var stats = worker.stats();
        System.out.printf(
                "%s: %d gradients, %d applied, %d not%n",
                worker.name(), stats.pushed(), stats.applied(), stats.refused());
        return stats.applied() == gradients;
    }
}
