//  L-5: `bytes` of a part, where given, is what encoding, dtype, count and shape make it; refused:
//  LENGTH.

#include "spec/fixture/stage.h"

//  The one part of a gradient, stating `bytes`. Rows are 0, 1, ...
static zmsg_t *
s_part (const stage_t *stage, uint32_t encoding, uint32_t dtype, uint64_t count, uint64_t bytes,
        size_t size)
{
    uint8_t octets [64] = {0};
    for (uint32_t i = 0; i < count; i++)
        gradmq_put_u32 (octets + 4 * i, i);
    gradmq_gradient_t gradient = stage_gradient (stage);
    raw_t part = raw_nothing ();
    raw_varint (&part, 1, 0);
    raw_varint (&part, 2, encoding);
    raw_varint (&part, 3, dtype);
    raw_varint (&part, 4, bytes);
    if (count)
        raw_varint (&part, 5, count);
    raw_t header = raw_header (GRADMQ_FRAME_GRADIENT);
    raw_identity (&header, &gradient);
    raw_inside (&header, 14, part);
    return raw_frames (&header, octets, size);
}

static void
test_part_that_states_other_bytes_is_refused (void **state)
{
    (void) state;
    static const struct {
        uint32_t encoding, dtype;
        uint64_t count;
        uint64_t right;
    } cases [] = {
        {GRADMQ_ENCODING_DENSE, GRADMQ_DTYPE_F32, 0, 12},
        {GRADMQ_ENCODING_DENSE, GRADMQ_DTYPE_F64, 0, 24},
        {GRADMQ_ENCODING_DENSE, GRADMQ_DTYPE_F16, 0, 6},
        {GRADMQ_ENCODING_ROWS, GRADMQ_DTYPE_F32, 2, 16},
        {GRADMQ_ENCODING_ROWS, GRADMQ_DTYPE_BF16, 3, 18},
    };
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof cases / sizeof cases [0]; i++) {
        uint64_t right = cases [i].right;
        const uint64_t wrong [] = {0, right - 1, right + 1, right * 2, UINT64_MAX - 1, UINT64_MAX};
        for (size_t j = 0; j < sizeof wrong / sizeof wrong [0]; j++) {
            zmsg_t *message = s_part (&stage, cases [i].encoding, cases [i].dtype, cases [i].count,
                                      wrong [j], right);
            stage_refused (&stage, &message, GRADMQ_ERR_LENGTH);
        }
    }
    stage_end (&stage);
}

static void
test_part_that_states_its_bytes_is_taken (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    zmsg_t *message = s_part (&stage, GRADMQ_ENCODING_DENSE, GRADMQ_DTYPE_F32, 0, 12, 12);
    stage_applied (&stage, &message);
    message = s_part (&stage, GRADMQ_ENCODING_ROWS, GRADMQ_DTYPE_BF16, 2, 12, 12);
    stage_applied (&stage, &message);
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_part_that_states_other_bytes_is_refused),
        cmocka_unit_test (test_part_that_states_its_bytes_is_taken),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
