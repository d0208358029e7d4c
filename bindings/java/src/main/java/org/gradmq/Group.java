package org.gradmq;

/**
 * What is different for tensors whose names match a pattern. The first group that matches holds.
 *
 * @param pattern shell pattern over tensor names
 * @param rateScale multiplies the learning rate; null: 1
 * @param weightDecay instead of the setting; null: the setting's
 * @param l2 instead of the setting; null: the setting's
 * @param frozen neither applied nor counted in a norm
 */
public record Group(
        String pattern, Double rateScale, Double weightDecay, Double l2, boolean frozen) {
    org.gradmq.v1.Group write() {
        org.gradmq.v1.Group.Builder to = org.gradmq.v1.Group.newBuilder().setPattern(pattern);
        if (rateScale != null) {
            to.setRateScale(rateScale);
        }
        if (weightDecay != null) {
            to.setWeightDecay(weightDecay);
        }
        if (l2 != null) {
            to.setL2(l2);
        }
        if (frozen) {
            to.setFrozen(true);
        }
        return to.build();
    }

    static Group read(org.gradmq.v1.Group from) {
        return new Group(
                from.getPattern(),
                from.hasRateScale() ? from.getRateScale() : null,
                from.hasWeightDecay() ? from.getWeightDecay() : null,
                from.hasL2() ? from.getL2() : null,
                from.getFrozen());
    }
}
