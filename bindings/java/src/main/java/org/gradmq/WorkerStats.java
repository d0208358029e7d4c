package org.gradmq;

/**
 * What a worker tells about itself.
 *
 * @param pushed gradients pushed
 * @param settled of these, settled
 * @param applied of these, applied
 * @param refused settled otherwise
 * @param resent sent more than once
 * @param unsettled kept now
 * @param unsettledBytes their payload
 * @param creditGradients most that may be unsettled
 * @param creditBytes most payload that may be
 * @param incarnation this life of the worker
 * @param epoch newest heard of
 * @param version newest heard of
 * @param updates received
 * @param gaps in the stream of updates; each update is whole, so the next one closes a gap
 * @param clock the newest that this worker completed, or where it began
 * @param minClock of all members, as heard last
 * @param round in which a gradient from the parameters given last takes part; 0: not known
 */
public record WorkerStats(
        long pushed,
        long settled,
        long applied,
        long refused,
        long resent,
        long unsettled,
        long unsettledBytes,
        long creditGradients,
        long creditBytes,
        long incarnation,
        long epoch,
        long version,
        long updates,
        long gaps,
        long clock,
        long minClock,
        long round) {}
