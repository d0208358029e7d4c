//  L-8: a tensor that a gradient has no part for is absent: it gets no moments, no decay, no count,
//  and keeps its parameters. DENSE speaks for all elements of its tensor, ROWS only for the rows it
//  has.

#include "spec/fixture/stage.h"

enum { FIRST = 1, SECOND = 2, BOTH = FIRST | SECOND };

//  Under adamw with decay: every omission would show.
static stage_t
s_stage (void)
{
    const uint64_t two = 2;
    const gradmq_tensor_spec_t tensors [] = {{"a", 1, &two}, {"b", 1, &two}};
    stage_t stage = stage_new ();
    peer_set (stage.peer, "optimizer", "adamw");
    peer_set (stage.peer, "learning_rate", "0.1");
    peer_set (stage.peer, "weight_decay", "0.1");
    stage_load (&stage, tensors, 2, GRADMQ_DTYPE_F32, (float []){1, 2, 3, 4}, 16);
    return stage;
}

//  A gradient with parts for one tensor or both.
static void
s_push (stage_t *stage, int which, float value)
{
    gradmq_part_t parts [2];
    size_t count = 0;
    for (uint32_t tensor = 0; tensor < 2; tensor++)
        if (which & 1 << tensor)
            parts [count++] = (gradmq_part_t){.tensor = tensor,
                                              .encoding = GRADMQ_ENCODING_DENSE,
                                              .dtype = gradmq_dtype (GRADMQ_DTYPE_F32)};
    gradmq_gradient_t gradient = stage_gradient (stage);
    gradient.parts = parts;
    gradient.part_count = count;
    zmsg_t *message = peer_frames (&gradient, (float []){value, -value, value, -value}, count * 8);
    stage_applied (stage, &message);
}

static void
test_absent_tensor_stays_as_if_the_gradient_had_not_been (void **state)
{
    (void) state;
    stage_t with = s_stage (), without = s_stage ();
    s_push (&with, BOTH, 0.5f);
    s_push (&without, BOTH, 0.5f);
    float before [4], now [4];
    stage_read (&with, before, sizeof before, NULL);
    for (int i = 0; i < 3; i++)
        s_push (&with, FIRST, 0.25f);
    stage_read (&with, now, sizeof now, NULL);
    assert_memory_equal (now + 2, before + 2, 8);
    assert_memory_not_equal (now, before, 8);
    //  Moments and count of "b" are those of one gradient: its next step is the same.
    s_push (&with, BOTH, 0.125f);
    s_push (&without, BOTH, 0.125f);
    stage_read (&with, now, sizeof now, NULL);
    stage_read (&without, before, sizeof before, NULL);
    assert_memory_equal (now + 2, before + 2, 8);
    peer_destroy (&with.peer);
    peer_destroy (&without.peer);
}

static void
test_dense_zeros_are_not_absence (void **state)
{
    (void) state;
    stage_t stage = s_stage ();
    s_push (&stage, BOTH, 0.0f);
    float now [4];
    stage_read (&stage, now, sizeof now, NULL);
    for (size_t i = 0; i < 4; i++)
        assert_true (now [i] < (float) (i + 1));  //  it decays
    peer_destroy (&stage.peer);
}

static void
test_rows_that_are_not_there_keep_their_parameters (void **state)
{
    (void) state;
    stage_t stage = s_stage ();
    uint8_t octets [8];
    gradmq_put_u32 (octets, 1);
    memcpy (octets + 4, (float []){0.5f}, 4);
    gradmq_part_t part = {.tensor = 1,
                          .encoding = GRADMQ_ENCODING_ROWS,
                          .dtype = gradmq_dtype (GRADMQ_DTYPE_F32),
                          .count = 1};
    for (int i = 0; i < 3; i++) {
        gradmq_gradient_t gradient = stage_gradient (&stage);
        gradient.parts = &part;
        gradient.part_count = 1;
        zmsg_t *message = peer_frames (&gradient, octets, sizeof octets);
        stage_applied (&stage, &message);
    }
    float now [4];
    stage_read (&stage, now, sizeof now, NULL);
    assert_true (now [0] == 1.0f && now [1] == 2.0f && now [2] == 3.0f && now [3] < 4.0f);
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_absent_tensor_stays_as_if_the_gradient_had_not_been),
        cmocka_unit_test (test_dense_zeros_are_not_absence),
        cmocka_unit_test (test_rows_that_are_not_there_keep_their_parameters),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
