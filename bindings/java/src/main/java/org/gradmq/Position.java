package org.gradmq;

/**
 * Where a model stands.
 *
 * @param instance the process that answers, an unsigned number; another one is another process
 * @param epoch a line of versions without a break
 * @param version 0 when a model was loaded, and 1 more with each step
 */
public record Position(long instance, long epoch, long version) {
    static Position of(org.gradmq.v1.Position from) {
        return new Position(from.getInstance(), from.getEpoch(), from.getVersion());
    }
}
