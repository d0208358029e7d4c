package org.gradmq.support;

import org.gradmq.ConnectOptions;
import org.gradmq.PushOptions;
import org.gradmq.Worker;

import java.time.Duration;
import java.util.Locale;

/**
 * The benchmark's worker: pushes whole gradients and tells how long it took until all were settled.
 */
public final class PushBench {
    private static final Duration LONG = Duration.ofMinutes(10);

    private PushBench() {}

    /**
     * Push some to get warm, then those that count.
     *
     * @param arguments --control ENDPOINT --gradients N --warm M
     * @throws InterruptedException never
     */
    public static void main(String[] arguments) throws InterruptedException {
        String control = "tcp://127.0.0.1:5570";
        int gradients = 100;
        int warm = 10;
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            switch (arguments[i]) {
                case "--control" -> control = arguments[i + 1];
                case "--gradients" -> gradients = Integer.parseInt(arguments[i + 1]);
                case "--warm" -> warm = Integer.parseInt(arguments[i + 1]);
                default -> {
                    System.err.println("push: no option " + arguments[i]);
                    System.exit(2);
                }
            }
        }
        ConnectOptions options = ConnectOptions.to(control).timeout(LONG).withoutUpdates();
        try (Worker worker = Worker.open(options)) {
            float[] gradient = Bed.filled((int) worker.layout().elements(), 1e-3f);
            push(worker, gradient, warm);
            long begun = System.nanoTime();
            push(worker, gradient, gradients);
            double seconds = (System.nanoTime() - begun) / 1e9;
            System.out.printf(
                    Locale.ROOT, "{\"gradients\": %d, \"seconds\": %.6f}%n", gradients, seconds);
        }
    }

    private static void push(Worker worker, float[] gradient, int count)
            throws InterruptedException {
        for (int i = 0; i < count; i++) {
            worker.push(gradient, PushOptions.NONE.withoutBase());
        }
        worker.flush(LONG);
    }
}
