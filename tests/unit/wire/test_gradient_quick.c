#include "wire/gradient_quick.h"

#include "wire/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

//  A push of the whole model with 8 metrics, as a usual client makes it.
static size_t
s_usual (uint8_t *message, size_t size, size_t metric_count, size_t part_count)
{
    uint8_t header [1024];
    gradmq_metric_t metrics [9] = {{"loss", 0.5, 1}, {"accuracy", 0.25, 64}};
    gradmq_part_t part = {.tensor = 1, .encoding = GRADMQ_ENCODING_DENSE};
    gradmq_gradient_t gradient;
    gradmq_gradient_init (&gradient);
    strcpy (gradient.model, "digits");
    strcpy (gradient.worker, "w-1");
    gradient.incarnation = 1700000000000000;
    gradient.sequence = 4711;
    gradient.low_water = 4700;
    gradient.has_base = gradient.has_clock = true;
    gradient.base_epoch = 1700000000000000;
    gradient.base_version = UINT64_MAX;
    gradient.last_of_clock = true;
    gradient.weight = 2;
    gradient.loss_scale = 1024;
    gradient.layout = UINT64_MAX;
    gradient.dtype = GRADMQ_DTYPE_F16;
    for (size_t i = 2; i < metric_count; i++)
        metrics [i] = metrics [1];
    gradient.metrics = metrics;
    gradient.metric_count = metric_count;
    gradient.parts = &part;
    gradient.part_count = part_count;
    size_t length = gradmq_wire_encode_gradient_into (&gradient, header, sizeof header);
    assert_true (length <= sizeof header && length - GRADMQ_PREAMBLE_BYTES <= size);
    memcpy (message, header + GRADMQ_PREAMBLE_BYTES, length - GRADMQ_PREAMBLE_BYTES);
    return length - GRADMQ_PREAMBLE_BYTES;
}

static void
test_read_quickly_usual_is_what_protobuf_reads (void **state)
{
    (void) state;
    for (size_t metrics = 0; metrics <= 8; metrics++) {
        uint8_t message [1024];
        size_t size = s_usual (message, sizeof message, metrics, 0);
        gradmq_gradient_t quick, full;
        bool attributable;
        assert_true (gradmq_gradient_read_quickly (&quick, message, size));
        assert_int_equal (gradmq_gradient_decode_fully (&full, message, size, &attributable, NULL),
                          GRADMQ_OK);
        assert_int_equal (quick.metric_count, metrics);
        for (size_t i = 0; i < metrics; i++) {
            assert_string_equal (quick.metrics [i].name, full.metrics [i].name);
            assert_memory_equal (&quick.metrics [i].value, &full.metrics [i].value, 16);
        }
        gradmq_gradient_clear (&quick);
        gradmq_gradient_clear (&full);
        size = s_usual (message, sizeof message, 0, 0);
        assert_true (gradmq_gradient_read_quickly (&quick, message, size));
        assert_int_equal (gradmq_gradient_decode_fully (&full, message, size, &attributable, NULL),
                          GRADMQ_OK);
        assert_memory_equal (&quick, &full, sizeof quick);
    }
}

static void
test_read_quickly_rare_is_left_to_protobuf (void **state)
{
    (void) state;
    uint8_t message [1024];
    gradmq_gradient_t quick;
    size_t size = s_usual (message, sizeof message, 9, 0);
    assert_false (gradmq_gradient_read_quickly (&quick, message, size));
    size = s_usual (message, sizeof message, 0, 1);
    assert_false (gradmq_gradient_read_quickly (&quick, message, size));
    size = s_usual (message, sizeof message, 1, 0);
    assert_false (gradmq_gradient_read_quickly (&quick, message, size - 1));
    message [size] = 0xf8;  //  an unknown field
    message [size + 1] = 0x06;
    message [size + 2] = 1;
    assert_false (gradmq_gradient_read_quickly (&quick, message, size + 3));
    assert_null (quick.metrics);
    assert_int_equal (quick.sequence, 0);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_read_quickly_usual_is_what_protobuf_reads),
        cmocka_unit_test (test_read_quickly_rare_is_left_to_protobuf),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
