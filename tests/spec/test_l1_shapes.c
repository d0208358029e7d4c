//  L-1: a layout has at least 1 and at most `tensors` tensors; a shape at most `rank` dimensions, each
//  at least 1; no dimensions mean a scalar. The number of elements in all is at most 2^40. Refused:
//  SHAPE.

#include "core/limit.h"
#include "spec/fixture/stage.h"

#define HUGE_SIDE (1ull << 20)

typedef struct {
    size_t tensors;
    uint32_t rank;
    uint64_t shape [9];
} s_case_t;

static const s_case_t s_bad [] = {
    {0, 0, {0}},
    {1, 1, {0}},
    {1, 3, {2, 0, 2}},
    {1, 9, {1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {1, 1, {(1ull << 40) + 1}},
    {1, 2, {HUGE_SIDE, HUGE_SIDE + 1}},
    {2, 2, {HUGE_SIDE, HUGE_SIDE}},            //  together
    {1, 2, {1ull << 63, 2}},                   //  wraps to 0
    {1, 2, {(1ull << 32) + 1, (1ull << 32)}},  //  wraps to 2^32
    {1, 1, {UINT64_MAX}},
    {1, 3, {UINT64_MAX, UINT64_MAX, 1}},  //  wraps to 1
    {GRADMQ_TENSORS_MAX + 1, 1, {1}},
};

//  So many tensors of that shape; the caller frees the list.
static gradmq_tensor_spec_t *
s_layout (const s_case_t *one, char (*names) [24])
{
    gradmq_tensor_spec_t *tensors = calloc (one->tensors + 1, sizeof *tensors);
    assert_non_null (tensors);
    for (size_t i = 0; i < one->tensors; i++) {
        snprintf (names [i], sizeof names [i], "t%zu", i);
        tensors [i] = (gradmq_tensor_spec_t){names [i], one->rank, one->shape};
    }
    return tensors;
}

static void
test_shape_that_is_not_possible_is_refused (void **state)
{
    (void) state;
    static char names [GRADMQ_TENSORS_MAX + 1][24];
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof s_bad / sizeof s_bad [0]; i++) {
        gradmq_tensor_spec_t *tensors = s_layout (&s_bad [i], names);
        gradmq_request_t request = {.command = GRADMQ_COMMAND_SET_MODEL_PARAMETERS,
                                    .tensors = tensors,
                                    .tensor_count = s_bad [i].tensors};
        stage_declined_request (&stage, &request, stage_values (), STAGE_BYTES, GRADMQ_ERR_SHAPE);
        free (tensors);
    }
    stage_end (&stage);
}

static void
test_load_without_a_layout_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    raw_t request = raw_request (77);
    raw_inside (&request, GRADMQ_COMMAND_SET_MODEL_PARAMETERS, raw_nothing ());
    zmsg_t *message = raw_frames (&request, stage_values (), STAGE_BYTES);
    stage_declined (&stage, &message, GRADMQ_ERR_SHAPE);
    stage_end (&stage);
}

static void
test_most_that_is_possible_is_taken (void **state)
{
    (void) state;
    static char names [GRADMQ_TENSORS_MAX][24];
    static float ones [GRADMQ_TENSORS_MAX];
    const s_case_t good [] = {
        {1, 0, {0}}, {1, 8, {1, 2, 1, 3, 1, 2, 1, 1}}, {GRADMQ_TENSORS_MAX, 0, {0}}};
    const uint64_t elements [] = {1, 12, GRADMQ_TENSORS_MAX};
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof good / sizeof good [0]; i++) {
        gradmq_tensor_spec_t *tensors = s_layout (&good [i], names);
        stage_load (&stage, tensors, good [i].tensors, GRADMQ_DTYPE_F32, ones,
                    elements [i] * sizeof *ones);
        assert_int_equal (stage.peer->reply.loaded.elements, elements [i]);
        free (tensors);
    }
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_shape_that_is_not_possible_is_refused),
        cmocka_unit_test (test_load_without_a_layout_is_refused),
        cmocka_unit_test (test_most_that_is_possible_is_taken),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
