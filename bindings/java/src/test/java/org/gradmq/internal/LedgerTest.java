package org.gradmq.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gradmq.v1.Acknowledgement;
import org.gradmq.v1.Disposition;
import org.gradmq.v1.Range;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

class LedgerTest {
    private static final long CONFIRM = 1000;
    private static final int QUEUE_FULL = 29;
    private static final int NOT_JOINED = 26;
    private static final int CLOSED = 14;

    private final List<String> settled = new ArrayList<>();
    private final Ledger ledger =
            new Ledger(
                    0,
                    (sequence, number, code) -> settled.add(sequence + ":" + number + ":" + code));

    LedgerTest() {
        ledger.incarnation(7);
    }

    private static Acknowledgement.Builder ack(long received, long through) {
        return Acknowledgement.newBuilder()
                .setIncarnation(7)
                .setReceivedThrough(received)
                .setSettledThrough(through)
                .setDispositionsFrom(1)
                .setApplied(through)
                .setCreditGradients(8)
                .setCreditBytes(1000);
    }

    private static Range missing(long first, long last, int code) {
        Range.Builder to = Range.newBuilder().setFirst(first).setLast(last);
        return code == 0 ? to.build() : to.setCode(code).build();
    }

    private void push(int count) {
        for (int i = 0; i < count; i++) {
            ledger.outbox.add(10);
        }
    }

    private Ledger.Calls take(Acknowledgement.Builder ack, boolean asked, long now) {
        return ledger.take(ack.build(), asked, now, CONFIRM);
    }

    @Test
    void settlesInOrder() {
        push(4);
        take(
                ack(4, 3)
                        .addDispositions(
                                Disposition.newBuilder()
                                        .setSequence(2)
                                        .setDisposition(4)
                                        .setCode(21)),
                false,
                0);
        assertEquals(List.of("1:1:0", "2:4:21", "3:1:0"), settled);
        assertEquals(2, ledger.applied());
        assertEquals(1, ledger.refused());
        assertEquals(4, ledger.outbox.first());
        assertEquals(8, ledger.credit().gradients());
    }

    @Test
    void olderOnesAreLeftAlone() {
        push(3);
        take(ack(3, 2), false, 0);
        take(ack(3, 1), false, 0);
        take(ack(2, 2), false, 0);
        take(ack(3, 3).setIncarnation(6), false, 0);
        assertEquals(2, settled.size());
        ledger.forget();
        take(ack(3, 3), false, 0);
        assertEquals(3, settled.size());
    }

    @Test
    void whatIsNoLongerToldCountsByNumber() {
        push(10);
        take(ack(10, 10).setDispositionsFrom(6).setApplied(8), false, 0);
        assertEquals("1:0:0", settled.get(0));
        assertEquals("6:1:0", settled.get(5));
        assertEquals(8, ledger.applied());
        assertEquals(2, ledger.refused());
    }

    @Test
    void turnedAwayGoesAgainWithinCredit() {
        push(3);
        take(ack(1, 0).addMissing(missing(2, 3, QUEUE_FULL)), false, 0);
        assertEquals(2, ledger.outbox.due(0, ledger.credit(), 0));
        ledger.outbox.resent(2, 0);
        assertEquals(3, ledger.outbox.due(3, ledger.credit(), 0));
        assertEquals(0, ledger.outbox.due(0, new Outbox.Credit(2, 1000), 0));
        //  A second refusal waits.
        take(ack(1, 0).addMissing(missing(2, 2, QUEUE_FULL)), false, 0);
        assertEquals(3, ledger.outbox.due(0, ledger.credit(), 0));
        assertEquals(20, ledger.outbox.nextDue(0));
        assertEquals(2, ledger.outbox.due(0, ledger.credit(), 20));
    }

    @Test
    void codesCallForMore() {
        push(2);
        assertTrue(take(ack(0, 0).addMissing(missing(1, 1, NOT_JOINED)), false, 0).join());
        assertTrue(take(ack(0, 0).addMissing(missing(1, 1, CLOSED)), false, 0).closed());
        assertFalse(ledger.outbox.holds());
    }

    @Test
    void whatTwoLooksMissIsLost() {
        push(4);
        take(ack(1, 1).addMissing(missing(2, 4, 0)), false, 0);
        assertEquals(0, ledger.confirm.nextLook(CONFIRM));
        assertFalse(ledger.outbox.holds());
        take(ack(1, 1).addMissing(missing(2, 4, 0)), true, 100);
        assertEquals(1100, ledger.confirm.nextLook(CONFIRM));
        //  Too early to say.
        take(ack(1, 1).addMissing(missing(2, 4, 0)), true, 500);
        assertFalse(ledger.outbox.holds());
        take(ack(1, 1).addMissing(missing(3, 4, 0)), true, 1100);
        assertEquals(3, ledger.outbox.due(0, ledger.credit(), 1100));
        assertEquals(Loop.NEVER, ledger.confirm.nextLook(CONFIRM));
    }

    @Test
    void whatComesMeanwhileBeginsAnew() {
        push(4);
        take(ack(0, 0).addMissing(missing(1, 4, 0)), true, 0);
        take(ack(2, 2).addMissing(missing(3, 4, 0)), true, 1000);
        assertFalse(ledger.outbox.holds());
        take(ack(2, 2).addMissing(missing(3, 4, 0)), true, 2000);
        assertTrue(ledger.outbox.holds());
        take(ack(4, 2), false, 2001);
        assertFalse(ledger.outbox.holds());
    }

    @Test
    void oneIsAlwaysAllowed() {
        Outbox outbox = ledger.outbox;
        assertTrue(outbox.room(1 << 30, new Outbox.Credit(1, 0)));
        outbox.add(1);
        assertFalse(outbox.room(1, new Outbox.Credit(1, 1000)));
        assertTrue(outbox.room(999, new Outbox.Credit(2, 1000)));
        assertFalse(outbox.room(1000, new Outbox.Credit(2, 1000)));
    }

    @Test
    void hugeNumbersAreNoTrouble() {
        push(2);
        take(
                ack(-1, -1)
                        .setDispositionsFrom(-1)
                        .setCreditBytes(-1)
                        .setCreditGradients(-1)
                        .addMissing(missing(-5, -1, QUEUE_FULL)),
                false,
                0);
        assertEquals(2, settled.size());
        assertEquals(Long.MAX_VALUE, ledger.credit().bytes());
    }
}
