package org.gradmq.internal;

import org.gradmq.v1.Heartbeat;

import java.util.List;

/** What the last heartbeat said, as a piece of a sentence. */
public final class Hearsay {
    static final int RUNNING = 3;
    static final int CLOSING = 4;
    private static final List<String> STATES =
            List.of("", "EMPTY", "STOPPED", "RUNNING", "CLOSING");

    int state;
    long heardMs;
    long heartbeatMs = Limits.HEARTBEAT_MS;
    long minClock;
    private String why = "";
    private List<String> waitingFor = List.of();
    private long waitingTotal;
    private long deadline;

    void take(Heartbeat heartbeat, long now) {
        state = heartbeat.getState();
        if (heartbeat.getHeartbeatMs() > 0) {
            heartbeatMs = heartbeat.getHeartbeatMs();
        }
        minClock = heartbeat.getMinClock();
        why = heartbeat.getWhy();
        waitingFor = heartbeat.getWaitingForList();
        waitingTotal = heartbeat.getWaitingTotal() & 0xffffffffL;
        deadline = heartbeat.hasDeadlineMs() ? now + Math.max(0, heartbeat.getDeadlineMs()) : 0;
    }

    /** The name that people know a state by. */
    public static String stateName(int state) {
        return state > 0 && state < STATES.size() ? STATES.get(state) : "in state " + state;
    }

    String say(long now) {
        long silent = now - heardMs;
        if (state == 0) {
            return "nothing was heard of the coordinator yet";
        }
        if (silent > 3 * heartbeatMs) {
            return "nothing was heard of the coordinator for " + silent / 1000 + " s";
        }
        if (state == RUNNING && !why.isEmpty()) {
            return why + names() + until(now);
        }
        return "the coordinator is " + stateName(state) + (why.isEmpty() ? "" : ": " + why);
    }

    private String names() {
        return waitingTotal == 0
                ? ""
                : ": " + String.join(", ", waitingFor) + " (" + waitingTotal + " in all)";
    }

    private String until(long now) {
        return deadline == 0
                ? ""
                : String.format(", no longer than %.1f s", Math.max(0, deadline - now) / 1000.0);
    }
}
