//  The written header, read by the coordinator's own reader.

#include "header.h"

#include "wire/gradient.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void
s_read (const gradmq_push_header_t *header, gradmq_gradient_t *gradient)
{
    bool attributable;
    gradmq_reason_t why;
    if (gradmq_wire_decode_gradient (gradient, header->bytes, header->size, &attributable, &why))
        fail_msg ("%s", why.text);
}

static void
test_write_least_reads_as_defaults (void **state)
{
    (void) state;
    gradmq_push_header_t header;
    assert_true (gradmq_push_header_open (&header, "m", "w1", 12));
    assert_true (gradmq_push_header_write (
        &header, &(gradmq_push_header_fields_t){.sequence = 1, .low_water = 1, .kind = 1}));
    gradmq_gradient_t gradient;
    s_read (&header, &gradient);
    assert_string_equal (gradient.model, "m");
    assert_string_equal (gradient.worker, "w1");
    assert_int_equal (gradient.incarnation, 12);
    assert_int_equal (gradient.sequence, 1);
    assert_int_equal (gradient.kind, GRADMQ_KIND_GRADIENT);
    assert_false (gradient.has_base || gradient.has_clock || gradient.last_of_clock);
    assert_true (gradient.weight == 1 && gradient.loss_scale == 1);
    assert_int_equal (gradient.dtype, 0);
    gradmq_gradient_clear (&gradient);
    gradmq_push_header_free (&header);
}

//  The longest of everything: names, numbers, metrics, many parts.
static void
test_write_longest_reads_the_same (void **state)
{
    (void) state;
    char name [GRADMQ_NAME_BYTES_MAX + 1];
    memset (name, 'x', GRADMQ_NAME_BYTES_MAX);
    name [GRADMQ_NAME_BYTES_MAX] = 0;
    gradmq_metric_info_t metrics [GRADMQ_METRICS_MAX];
    for (size_t i = 0; i < GRADMQ_METRICS_MAX; i++)
        metrics [i] = (gradmq_metric_info_t){name, -1e300, 1e-300};
    enum { PARTS = 8000 };
    gradmq_push_header_part_t *parts = (gradmq_push_header_part_t *) calloc (PARTS, sizeof *parts);
    for (uint32_t i = 0; i < PARTS; i++)
        parts [i] = (gradmq_push_header_part_t){i, GRADMQ_ENCODING_ROWS, UINT64_MAX, UINT64_MAX};
    const gradmq_push_t push = {.dtype = GRADMQ_F16,
                                .weight = 2.5,
                                .loss_scale = 1024,
                                .has_clock = true,
                                .clock = UINT64_MAX,
                                .last_of_clock = true,
                                .metrics = metrics,
                                .metric_count = GRADMQ_METRICS_MAX};
    const gradmq_push_header_fields_t fields = {.sequence = UINT64_MAX,
                                                .low_water = UINT64_MAX - 1,
                                                .has_base = true,
                                                .base_epoch = UINT64_MAX,
                                                .base_version = UINT64_MAX,
                                                .kind = GRADMQ_KIND_DELTA,
                                                .layout = UINT64_MAX,
                                                .push = &push,
                                                .parts = parts,
                                                .part_count = PARTS};
    gradmq_push_header_t header;
    assert_true (gradmq_push_header_open (&header, name, name, UINT64_MAX));
    for (int i = 0; i < 2; i++)
        assert_true (gradmq_push_header_write (&header, &fields));
    gradmq_gradient_t gradient;
    s_read (&header, &gradient);
    assert_string_equal (gradient.worker, name);
    assert_true (gradient.incarnation == UINT64_MAX && gradient.sequence == UINT64_MAX);
    assert_true (gradient.has_base && gradient.base_epoch == UINT64_MAX
                 && gradient.base_version == UINT64_MAX);
    assert_true (gradient.clock == UINT64_MAX && gradient.last_of_clock);
    assert_int_equal (gradient.kind, GRADMQ_KIND_DELTA);
    assert_true (gradient.layout == UINT64_MAX && gradient.weight == 2.5);
    assert_int_equal (gradient.dtype, GRADMQ_F16);
    assert_int_equal (gradient.part_count, PARTS);
    assert_int_equal (gradient.parts [PARTS - 1].tensor, PARTS - 1);
    assert_true (gradient.parts [7].count == UINT64_MAX);
    assert_int_equal (gradient.metric_count, GRADMQ_METRICS_MAX);
    assert_true (gradient.metrics [31].value == -1e300 && gradient.metrics [31].weight == 1e-300);
    gradmq_gradient_clear (&gradient);
    gradmq_push_header_free (&header);
    free (parts);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_write_least_reads_as_defaults),
        cmocka_unit_test (test_write_longest_reads_the_same),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
