package org.gradmq;

/**
 * What became of one gradient.
 *
 * @param sequence its number, as push answered it
 * @param disposition what became of it
 * @param number the disposition's number, also where this version does not know it
 * @param code why, with REFUSED, SKIPPED and DISCARDED; null: no code was told
 */
public record Verdict(long sequence, Disposition disposition, int number, ErrorCode code) {
    /**
     * Did it take part in a step?
     *
     * @return true for APPLIED
     */
    public boolean applied() {
        return disposition == Disposition.APPLIED;
    }

    /**
     * The code's sentence.
     *
     * @return empty where there is no code
     */
    public String text() {
        return code == null ? "" : code.sentence();
    }
}
