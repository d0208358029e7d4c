//  Passes that write large models past the caches.

#ifndef GRADMQ_OPTIMIZE_STREAMED_H
#define GRADMQ_OPTIMIZE_STREAMED_H

#include "optimize/optimizer.h"

//  A pass out of place, with the new parameters written past the caches: for models that are much
//  larger than these. The same bits and the same result as pass (block).
//    shape   p_new does not overlap p; `size` is bytes an element
//    thread  before another one reads p_new, call gradmq_kernel_stream_end (kernel/kernel.h)
double gradmq_block_streamed (gradmq_pass_t *pass, const gradmq_block_t *block, size_t size);
double gradmq_series_streamed (gradmq_series_pass_t *pass, const gradmq_series_t *series,
                               size_t size);

#endif
