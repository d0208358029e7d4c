package org.gradmq;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A member, as the coordinator knows it.
 *
 * @param name of the worker
 * @param incarnation its life
 * @param leaving has it asked to leave?
 * @param leaseLeft until it would be dropped
 * @param seenAgo since it was heard of
 * @param receivedThrough every sequence up to here was received
 * @param settledThrough every sequence up to here is settled
 * @param queued received and not disposed of
 * @param clock that it completed
 * @param baseVersion of its newest gradient
 * @param stalenessMean in versions
 * @param dispositions how many of each, by name
 * @param metrics newest values, by name
 */
public record WorkerInfo(
        String name,
        long incarnation,
        boolean leaving,
        Duration leaseLeft,
        Duration seenAgo,
        long receivedThrough,
        long settledThrough,
        long queued,
        long clock,
        long baseVersion,
        double stalenessMean,
        Map<String, Long> dispositions,
        Map<String, Double> metrics) {

    static WorkerInfo read(org.gradmq.v1.Worker from) {
        Map<String, Double> metrics = new LinkedHashMap<>();
        from.getMetricsList().forEach(one -> metrics.put(one.getName(), one.getValue()));
        return new WorkerInfo(
                from.getName(),
                from.getIncarnation(),
                from.getLeaving(),
                Duration.ofMillis(from.getLeaseLeftMs()),
                Duration.ofMillis(from.getSeenMsAgo()),
                from.getReceivedThrough(),
                from.getSettledThrough(),
                from.getQueued(),
                from.getClock(),
                from.getBaseVersion(),
                from.getStalenessMean(),
                Status.counters(from.getDispositionsList()),
                metrics);
    }
}
