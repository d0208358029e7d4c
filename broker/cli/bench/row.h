//  What benchmarks found: one comparison a row, as a table and as JSON.

#ifndef GRADMQ_CLI_BENCH_ROW_H
#define GRADMQ_CLI_BENCH_ROW_H

#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define GRADMQ_BENCH_CASE_BYTES 64

//  Which ratios are good.
typedef enum {
    GRADMQ_BENCH_AT_LEAST,  //  value is a rate: `aim` or more
    GRADMQ_BENCH_AT_MOST    //  value is a time or a size: `aim` or less; its case ends in "at most"
} gradmq_bench_sense_t;

typedef struct {
    const char *bench;
    char name [GRADMQ_BENCH_CASE_BYTES];  //  what is compared with what
    const char *transport;                //  "tcp", "ipc", "none"
    uint64_t size_bytes;                  //  of one gradient, update or model
    unsigned workers;                     //  or subscribers
    const char *unit;                     //  of value and baseline
    double value;                         //  ours, median
    double baseline;                      //  median
    double ratio;                         //  median over the pairs of value / baseline
    double aim;                           //  NAN: none
    gradmq_bench_sense_t sense;
    //  What was repeated with several seeds is judged by the paired differences value - baseline: all of
    //  their 95 % interval has to reach `aim`, which is a difference then. 0: not so.
    unsigned seeds;
    double low, high;
} gradmq_bench_row_t;

//  All zero: none yet.
typedef struct {
    gradmq_bench_row_t *items;
    size_t count, space;
} gradmq_bench_rows_t;

//    errors  MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_rows_add (gradmq_bench_rows_t *self,
                                                      const gradmq_bench_row_t *row);
void gradmq_bench_rows_clear (gradmq_bench_rows_t *self);

//  True when there is an aim and the ratio, as it is printed with two decimals, or the interval,
//  reaches it.
bool gradmq_bench_row_met (const gradmq_bench_row_t *self);

//    errors  MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_rows_print (const gradmq_bench_rows_t *self, FILE *to);

//  An array of objects with the keys bench, case, transport, size_bytes, workers, value, unit,
//  baseline, ratio, aim (null: none); where there are seeds also seeds, low, high.
void gradmq_bench_rows_json (const gradmq_bench_rows_t *self, FILE *to);

#endif
