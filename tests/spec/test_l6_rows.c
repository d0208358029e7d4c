//  L-6: ROWS: `count` is at least 1 and at most the number of rows; indices are strictly increasing
//  and in range; refused: ARGUMENT.

#include "spec/fixture/stage.h"

//  Rows of a tensor "t" of shape (4, 2), with all elements 1.
static zmsg_t *
s_rows (const stage_t *stage, const uint32_t *rows, uint64_t count, size_t sent)
{
    uint8_t octets [128];
    size_t size = 0;
    for (size_t i = 0; i < sent; i++, size += 4)
        gradmq_put_u32 (octets + size, rows [i]);
    for (size_t i = 0; i < sent; i++, size += 8)
        memcpy (octets + size, (float []){1, 1}, 8);
    gradmq_gradient_t gradient = stage_gradient (stage);
    raw_t part = raw_nothing ();
    raw_varint (&part, 1, 0);
    raw_varint (&part, 2, GRADMQ_ENCODING_ROWS);
    raw_varint (&part, 5, count);
    raw_t header = raw_header (GRADMQ_FRAME_GRADIENT);
    raw_identity (&header, &gradient);
    raw_inside (&header, 14, part);
    return raw_frames (&header, octets, size);
}

static stage_t
s_stage (void)
{
    const uint64_t shape [] = {4, 2};
    const gradmq_tensor_spec_t tensor = {"t", 2, shape};
    stage_t stage = stage_new ();
    stage_load (&stage, &tensor, 1, GRADMQ_DTYPE_F32, (float []){1, 1, 1, 1, 1, 1, 1, 1}, 32);
    return stage;
}

static void
test_rows_out_of_order_or_range_are_refused (void **state)
{
    (void) state;
    static const struct {
        uint32_t rows [5];
        size_t count;
    } cases [] = {
        {{4}, 1},    {{UINT32_MAX}, 1}, {{1, 1}, 2},          {{2, 1}, 2},          {{0, 4}, 2},
        {{3, 0}, 2}, {{0, 1, 1, 3}, 4}, {{0, 1, 2, 3, 4}, 5}, {{0, UINT32_MAX}, 2},
    };
    stage_t stage = s_stage ();
    for (size_t i = 0; i < sizeof cases / sizeof cases [0]; i++) {
        zmsg_t *message = s_rows (&stage, cases [i].rows, cases [i].count, cases [i].count);
        stage_refused (&stage, &message, GRADMQ_ERR_ARGUMENT);
    }
    float now [8];
    stage_read (&stage, now, sizeof now, NULL);
    for (size_t i = 0; i < 8; i++)
        assert_true (now [i] == 1.0f);
    peer_destroy (&stage.peer);
}

static void
test_count_of_rows_out_of_range_is_refused (void **state)
{
    (void) state;
    const uint64_t counts [] = {0, 5, UINT32_MAX, 1ull << 32, UINT64_MAX, UINT64_MAX / 8 + 1};
    stage_t stage = s_stage ();
    for (size_t i = 0; i < sizeof counts / sizeof counts [0]; i++) {
        zmsg_t *message = s_rows (&stage, (uint32_t []){0, 1}, counts [i], 2);
        stage_refused (&stage, &message, GRADMQ_ERR_ARGUMENT);
    }
    peer_destroy (&stage.peer);
}

static void
test_all_rows_and_one_row_are_taken (void **state)
{
    (void) state;
    stage_t stage = s_stage ();
    zmsg_t *message = s_rows (&stage, (uint32_t []){0, 1, 2, 3}, 4, 4);
    stage_applied (&stage, &message);
    message = s_rows (&stage, (uint32_t []){3}, 1, 1);
    stage_applied (&stage, &message);
    float now [8];
    stage_read (&stage, now, sizeof now, NULL);
    for (size_t i = 0; i < 8; i++)
        assert_true (now [i] == (i < 6 ? 0.0f : -1.0f));
    peer_destroy (&stage.peer);
}

static void
test_rows_of_a_vector_are_its_elements (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    uint8_t octets [8];
    gradmq_put_u32 (octets, 1);
    memcpy (octets + 4, (float []){0.5f}, 4);
    gradmq_part_t part = {.tensor = 0,
                          .encoding = GRADMQ_ENCODING_ROWS,
                          .dtype = gradmq_dtype (GRADMQ_DTYPE_F32),
                          .count = 1};
    gradmq_gradient_t gradient = stage_gradient (&stage);
    gradient.parts = &part;
    gradient.part_count = 1;
    zmsg_t *message = peer_frames (&gradient, octets, sizeof octets);
    stage_applied (&stage, &message);
    float now [STAGE_ELEMENTS];
    stage_read (&stage, now, sizeof now, NULL);
    assert_true (now [0] == 1.0f && now [1] == 0.5f && now [2] == 1.0f);
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_rows_out_of_order_or_range_are_refused),
        cmocka_unit_test (test_count_of_rows_out_of_range_is_refused),
        cmocka_unit_test (test_all_rows_and_one_row_are_taken),
        cmocka_unit_test (test_rows_of_a_vector_are_its_elements),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
