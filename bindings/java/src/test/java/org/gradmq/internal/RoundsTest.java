package org.gradmq.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gradmq.v1.Heartbeat;
import org.junit.jupiter.api.Test;

class RoundsTest {
    private final Rounds rounds = new Rounds();

    @Test
    void aHigherRoundAtTheBaseIsOver() {
        rounds.hear(5, 0, 1);
        rounds.take(5, 0);
        assertFalse(rounds.over());
        rounds.hear(5, 0, 2);
        assertTrue(rounds.over());
        rounds.take(5, 0);
        assertFalse(rounds.over());
        assertEquals(2, rounds.open());
    }

    @Test
    void aNoticeAtTheBaseIsOver() {
        rounds.take(5, 3);
        rounds.passed(5, 2);
        assertFalse(rounds.over());
        rounds.passed(5, 3);
        assertTrue(rounds.over());
    }

    @Test
    void theHeartbeatBehindANoticeTellsOfTheSameRound() {
        rounds.hear(5, 0, 1);
        rounds.take(5, 0);
        rounds.passed(5, 0);
        rounds.take(5, 0);
        rounds.hear(5, 0, 2);
        assertFalse(rounds.over());
    }

    @Test
    void versionsCountAsRounds() {
        rounds.hear(5, 0, 1);
        rounds.take(5, 4);
        assertEquals(5, rounds.open());
        rounds.forget();
        assertEquals(0, rounds.open());
    }

    @Test
    void hearsaySaysWhy() {
        Hearsay hearsay = new Hearsay();
        assertTrue(hearsay.say(0).contains("nothing was heard"));
        hearsay.take(
                Heartbeat.newBuilder()
                        .setState(3)
                        .setWhy("the round waits")
                        .addWaitingFor("w1")
                        .addWaitingFor("w2")
                        .setWaitingTotal(5)
                        .setDeadlineMs(1500)
                        .build(),
                100);
        hearsay.heardMs = 100;
        assertEquals("the round waits: w1, w2 (5 in all), no longer than 1.5 s", hearsay.say(100));
        hearsay.take(Heartbeat.newBuilder().setState(2).build(), 100);
        assertEquals("the coordinator is STOPPED", hearsay.say(100));
        assertEquals("nothing was heard of the coordinator for 9 s", hearsay.say(9100));
        hearsay.take(Heartbeat.newBuilder().setState(77).build(), 100);
        assertTrue(hearsay.say(100).contains("77"));
    }
}
