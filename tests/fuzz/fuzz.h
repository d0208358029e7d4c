//  What a fuzzer is made of.

#ifndef GRADMQ_TESTS_FUZZ_FUZZ_H
#define GRADMQ_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

//  libFuzzer's entry; replay_main.c calls it for each file of a corpus. Returns 0.
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

//  What has to hold whatever the input is; in every build.
#define FUZZ_HOLDS(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf (stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);        \
            abort ();                                                                              \
        }                                                                                          \
    } while (0)

#endif
