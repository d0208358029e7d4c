#include "aggregate/linear.h"

const gradmq_rule_t gradmq_rule_mean = {
    .name = "mean",
    .weigh = gradmq_linear_weigh_alike,
    .block_f32 = gradmq_linear_f32,
    .block_f64 = gradmq_linear_f64,
};
