package org.gradmq.internal;

import org.gradmq.ErrorCode;
import org.gradmq.v1.Acknowledgement;
import org.gradmq.v1.Disposition;
import org.gradmq.v1.Range;

import java.util.ArrayList;
import java.util.List;

/**
 * What acknowledgements say about the outbox: what is settled and how, what credit there is, what
 * has to be sent again. No sockets. PROTOCOL.md, sections 10 and 11.
 */
final class Ledger {
    static final int UNTOLD = 0;
    static final int APPLIED = 1;

    /** Told of each gradient that is settled, in order, before the outbox lets go of it. */
    interface Settled {
        /** `disposition` is UNTOLD where it is not known. */
        void settled(long sequence, int disposition, int code);
    }

    /** What an acknowledgement asks for beyond the outbox. */
    record Calls(boolean join, boolean fenced, boolean closed) {
        static final Calls NONE = new Calls(false, false, false);
    }

    final Outbox outbox = new Outbox();
    final Confirm confirm = new Confirm();
    private final Settled settledHandler;
    private final int most;
    private Outbox.Credit credit = new Outbox.Credit(1, 0);
    private long incarnation;
    private long received;
    private long told;
    private long toldApplied;
    private long settled;
    private long applied;
    private long refused;

    /** `most` gradients that this side wants on their way; 0: no bound of its own. */
    Ledger(int most, Settled settledHandler) {
        this.most = most;
        this.settledHandler = settledHandler;
    }

    void incarnation(long value) {
        incarnation = value;
    }

    long incarnation() {
        return incarnation;
    }

    Outbox.Credit credit() {
        return credit;
    }

    long received() {
        return received;
    }

    long settled() {
        return settled;
    }

    long applied() {
        return applied;
    }

    long refused() {
        return refused;
    }

    /** Another process answers for the coordinator: what it was told counts no longer. */
    void forget() {
        received = 0;
        told = 0;
        toldApplied = 0;
        credit = new Outbox.Credit(1, 0);
        confirm.clear();
    }

    /**
     * Take in an acknowledgement, from events or control, in any order (S-6).
     *
     * @param asked it was asked for on control, with sent_through
     */
    Calls take(Acknowledgement ack, boolean asked, long now, long confirmMs) {
        if (ack.getIncarnation() != incarnation
                || Long.compareUnsigned(ack.getReceivedThrough(), received) < 0
                || Long.compareUnsigned(ack.getSettledThrough(), told) < 0) {
            return Calls.NONE;
        }
        settle(ack);
        received = ack.getReceivedThrough();
        told = ack.getSettledThrough();
        toldApplied = ack.getApplied();
        takeCredit(ack);
        outbox.received(received);
        Calls calls = turnedAway(ack);
        List<Range> uncoded = uncoded(ack);
        if (asked) {
            confirm.look(uncoded, received, now, confirmMs, outbox);
        } else if (!uncoded.isEmpty()) {
            confirm.want();
        }
        return calls;
    }

    private void takeCredit(Acknowledgement ack) {
        long gradients = ack.getCreditGradients() & 0xffffffffL;
        long bytes = ack.getCreditBytes() < 0 ? Long.MAX_VALUE : ack.getCreditBytes();
        if (gradients == 0) {
            gradients = credit.gradients();
        }
        if (most > 0) {
            gradients = Math.min(most, gradients);
        }
        credit = new Outbox.Credit(gradients, bytes == 0 ? credit.bytes() : bytes);
    }

    private void settle(Acknowledgement ack) {
        long last =
                Long.compareUnsigned(ack.getSettledThrough(), outbox.next() - 1) < 0
                        ? ack.getSettledThrough()
                        : outbox.next() - 1;
        if (last < outbox.first()) {
            return;
        }
        long count = last - outbox.first() + 1;
        long from = ack.getDispositionsFrom();
        long untold =
                Long.compareUnsigned(from, outbox.first()) > 0
                        ? from < 0 ? count : Math.min(from - outbox.first(), count)
                        : 0;
        if (untold > 0) {
            long of = untoldApplied(ack, untold, count - untold);
            applied += of;
            refused += untold - of;
            for (long i = 0; i < untold; i++) {
                settleOne(UNTOLD, 0);
            }
        }
        while (outbox.first() <= last) {
            Disposition disposed = disposition(ack, outbox.first());
            if (disposed == null || disposed.getDisposition() == APPLIED) {
                applied++;
                settleOne(APPLIED, 0);
            } else {
                refused++;
                settleOne(disposed.getDisposition(), disposed.getCode());
            }
        }
    }

    //  How many of the first were applied, where dispositions no longer tell: what `applied`
    //  grew by, less what the listed ones explain.
    private long untoldApplied(Acknowledgement ack, long untold, long rest) {
        long listed =
                ack.getDispositionsList().stream()
                        .filter(
                                one ->
                                        one.getSequence() <= ack.getSettledThrough()
                                                && one.getSequence() >= outbox.first() + untold)
                        .count();
        long grown = Math.max(0, ack.getApplied() - toldApplied);
        return Math.min(untold, Math.max(0, grown - Math.max(0, rest - listed)));
    }

    private static Disposition disposition(Acknowledgement ack, long sequence) {
        for (Disposition one : ack.getDispositionsList()) {
            if (one.getSequence() == sequence) {
                return one;
            }
        }
        return null;
    }

    private void settleOne(int disposition, int code) {
        settledHandler.settled(outbox.first(), disposition, code);
        outbox.settle();
        settled++;
    }

    private Calls turnedAway(Acknowledgement ack) {
        boolean join = false;
        boolean fenced = false;
        boolean closed = false;
        for (Range range : ack.getMissingList()) {
            switch (ErrorCode.of(range.getCode())) {
                case NOT_JOINED -> join = true;
                case FENCED -> fenced = true;
                case CLOSED -> closed = true;
                default -> {
                    if (range.getCode() != 0) {
                        outbox.hold(range.getFirst(), range.getLast());
                    }
                }
            }
        }
        return new Calls(join, fenced, closed);
    }

    private static List<Range> uncoded(Acknowledgement ack) {
        List<Range> ranges = new ArrayList<>();
        for (Range range : ack.getMissingList()) {
            if (range.getCode() == 0
                    && Long.compareUnsigned(range.getFirst(), range.getLast()) <= 0) {
                ranges.add(range);
            }
        }
        return ranges;
    }
}
