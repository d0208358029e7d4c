package org.gradmq;

import java.util.List;

/**
 * What a worker's gradients have come to.
 *
 * @param incarnation the life of the worker that it speaks of
 * @param receivedThrough every sequence up to here was received
 * @param settledThrough every sequence up to here is settled
 * @param applied how many of this incarnation were applied
 * @param verdicts the newest that were not
 * @param creditGradients most that may be sent and not settled
 * @param creditBytes most payload that may be
 */
public record Acknowledgement(
        long incarnation,
        long receivedThrough,
        long settledThrough,
        long applied,
        List<Verdict> verdicts,
        long creditGradients,
        long creditBytes) {

    static Acknowledgement read(org.gradmq.v1.Acknowledgement from) {
        return new Acknowledgement(
                from.getIncarnation(),
                from.getReceivedThrough(),
                from.getSettledThrough(),
                from.getApplied(),
                from.getDispositionsList().stream()
                        .map(
                                one ->
                                        new Verdict(
                                                one.getSequence(),
                                                Disposition.of(one.getDisposition()),
                                                one.getDisposition(),
                                                one.getCode() == 0
                                                        ? null
                                                        : ErrorCode.of(one.getCode())))
                        .toList(),
                from.getCreditGradients() & 0xffffffffL,
                from.getCreditBytes());
    }
}
