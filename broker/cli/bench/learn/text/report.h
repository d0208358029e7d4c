//  The second task of `bench convergence`: the next byte of a text.

#ifndef GRADMQ_CLI_BENCH_LEARN_TEXT_REPORT_H
#define GRADMQ_CLI_BENCH_LEARN_TEXT_REPORT_H

#include "cli/bench/bench.h"

//  Measure and add rows.
//    errors  those of gradmq_lesson_open and gradmq_lesson_run
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_text (const gradmq_bench_t *bench,
                                                  gradmq_reason_t *reason);

#endif
