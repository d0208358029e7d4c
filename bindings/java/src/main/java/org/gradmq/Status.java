package org.gradmq;

import org.gradmq.internal.Hearsay;
import org.gradmq.v1.Counter;
import org.gradmq.v1.StatusReport;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a coordinator does now, and why.
 *
 * @param position where the model stands
 * @param product name and version of the software
 * @param state such as "RUNNING"
 * @param why one sentence, when something keeps steps from being made
 * @param durability "memory", "checkpoint" or "journal"
 * @param uptime of the process
 * @param members workers that are joined
 * @param queuedGradients received and not disposed of
 * @param queuedBytes their payload
 * @param learningRate of the next step
 * @param scheduleTick steps that the schedule has seen
 * @param settingsRevision 1 more with each change
 * @param policy who is waited for
 * @param rule how contributions become one; empty where each gradient is a step
 * @param round that is open
 * @param minClock of all members
 * @param contributions how many the open step has
 * @param needed how many make a step; 0: that depends on the members
 * @param waitingFor some of the workers that are waited for
 * @param waitingTotal how many are
 * @param deadline time left to wait; null: no time is set
 * @param counters since the process began, by name
 * @param operations running, and the newest that ended
 * @param metrics newest value of each, by name
 */
public record Status(
        Position position,
        String product,
        String state,
        String why,
        String durability,
        Duration uptime,
        int members,
        long queuedGradients,
        long queuedBytes,
        double learningRate,
        long scheduleTick,
        long settingsRevision,
        String policy,
        String rule,
        long round,
        long minClock,
        long contributions,
        long needed,
        List<String> waitingFor,
        long waitingTotal,
        Duration deadline,
        Map<String, Long> counters,
        List<Operation> operations,
        Map<String, Double> metrics) {

    /**
     * Slow work that the coordinator does beside others.
     *
     * @param number of the operation
     * @param name what it does
     * @param done has it ended?
     * @param code null: without an error, or not yet
     * @param message what was wrong
     */
    public record Operation(
            long number, String name, boolean done, ErrorCode code, String message) {
        static Operation read(org.gradmq.v1.Operation from) {
            return new Operation(
                    from.getOperation(),
                    from.getName(),
                    from.getDone(),
                    from.getCode() == 0 ? null : ErrorCode.of(from.getCode()),
                    from.getMessage());
        }
    }

    static String stateName(int state) {
        return Hearsay.stateName(state);
    }

    static Map<String, Long> counters(List<Counter> from) {
        Map<String, Long> counters = new LinkedHashMap<>();
        from.forEach(counter -> counters.put(counter.getName(), counter.getValue()));
        return counters;
    }

    static Status read(Position position, StatusReport from) {
        Map<String, Double> metrics = new LinkedHashMap<>();
        from.getMetricsList().forEach(one -> metrics.put(one.getName(), one.getValue()));
        return new Status(
                position,
                from.getProduct(),
                stateName(from.getState()),
                from.getWhy(),
                from.getDurability(),
                Duration.ofMillis(from.getUptimeMs()),
                from.getMembers(),
                from.getQueuedGradients(),
                from.getQueuedBytes(),
                from.getLearningRate(),
                from.getScheduleTick(),
                from.getSettingsRevision(),
                from.getPolicy(),
                from.getRule(),
                from.getRound(),
                from.getMinClock(),
                from.getContributions(),
                from.getNeeded(),
                List.copyOf(from.getWaitingForList()),
                from.getWaitingTotal() & 0xffffffffL,
                from.hasDeadlineMs() ? Duration.ofMillis(from.getDeadlineMs()) : null,
                counters(from.getCountersList()),
                from.getOperationsList().stream().map(Operation::read).toList(),
                metrics);
    }
}
