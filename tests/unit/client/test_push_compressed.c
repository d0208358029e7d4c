//  A worker that compresses, against a coordinator that loses, refuses and leaves out.

#include "fixture/bench.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

//  One element of "w"; "b" goes whole.
static const gradmq_compression_t s_top_1 = {.how = GRADMQ_COMPRESS_TOP_K};

static int
s_setup (void **state)
{
    if (bench_set_up (state))
        return -1;
    bench_t *bench = (bench_t *) *state;
    if (gradmq_worker_compress (bench->worker, &s_top_1, &bench->why) == GRADMQ_OK)
        return 0;
    print_error ("%s\n", bench->why.text);
    return -1;
}

static const float s_gradient [FAKE_ELEMENTS] = {1, -2, 3, 4, 5, 6}, s_zeros [FAKE_ELEMENTS];

static void
s_push (bench_t *bench, const float *gradient, const gradmq_push_t *push)
{
    if (gradmq_worker_push (bench->worker, gradient, sizeof s_gradient, push, &bench->why)
        || gradmq_worker_flush (bench->worker, 10000, &bench->why))
        fail_msg ("%s", bench->why.text);
}

//  What arrived last: one element of "w", and "b".
static void
s_assert_last (bench_t *bench, uint32_t index, float value, float b0, float b1)
{
    const gradmq_fake_t *seen = gradmq_fake_seen (bench->fake);
    struct {
        uint32_t index;
        float values [3];
    } expected = {index, {value, b0, b1}};
    assert_int_equal (seen->last_parts, 2);
    assert_int_equal (seen->last_bytes, sizeof expected);
    assert_memory_equal (seen->last_values, &expected, sizeof expected);
}

static void
test_push_leaves_out_goes_with_the_next (void **state)
{
    bench_t *bench = (bench_t *) *state;
    s_push (bench, s_gradient, NULL);
    s_assert_last (bench, 3, 4, 5, 6);
    s_push (bench, s_zeros, NULL);
    s_assert_last (bench, 2, 3, 0, 0);
    s_push (bench, s_gradient, NULL);  //  {2, -4, 3, 4} of w is there
    s_assert_last (bench, 1, -4, 5, 6);
    assert_int_equal (gradmq_fake_seen (bench->fake)->applied, 3);
}

//  The residual has no scale: what is pushed under a loss_scale is divided before.
static void
test_push_loss_scale_is_taken_out (void **state)
{
    bench_t *bench = (bench_t *) *state;
    const gradmq_push_t push = {.loss_scale = 0.5};
    s_push (bench, s_gradient, &push);
    s_assert_last (bench, 3, 8, 10, 12);
    assert_true (gradmq_fake_seen (bench->fake)->last.loss_scale == 1);
    s_push (bench, s_zeros, NULL);
    s_assert_last (bench, 2, 6, 0, 0);
}

//  Dispose of the next gradient so.
static void
s_dispose (bench_t *bench, uint64_t sequence, uint32_t disposition, uint32_t code)
{
    gradmq_fake_lock (bench->fake);
    bench->fake->disposition [sequence] = disposition;
    bench->fake->disposed_code [sequence] = code;
    gradmq_fake_unlock (bench->fake);
}

static void
test_what_was_not_used_comes_back_once (void **state)
{
    bench_t *bench = (bench_t *) *state;
    static const struct {
        uint32_t disposition, code;
    } cases [] = {{GRADMQ_REFUSED, GRADMQ_ERR_EPOCH},
                  {GRADMQ_SKIPPED, GRADMQ_ERR_NON_FINITE},
                  {GRADMQ_DISCARDED, 0}};
    uint64_t sequence = 1;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal (gradmq_worker_compress (bench->worker, &s_top_1, NULL), GRADMQ_OK);
        s_dispose (bench, sequence, cases [i].disposition, cases [i].code);
        s_push (bench, s_gradient, NULL);
        s_assert_last (bench, 3, 4, 5, 6);
        s_push (bench, s_zeros, NULL);
        s_assert_last (bench, 3, 4, 5, 6);
        s_push (bench, s_zeros, NULL);
        s_assert_last (bench, 2, 3, 0, 0);
        sequence += 3;
    }
}

static void
test_what_a_rule_left_out_or_is_too_large_does_not_come_back (void **state)
{
    bench_t *bench = (bench_t *) *state;
    s_dispose (bench, 1, GRADMQ_EXCLUDED, 0);
    s_push (bench, s_gradient, NULL);
    s_push (bench, s_zeros, NULL);
    s_assert_last (bench, 2, 3, 0, 0);
    s_dispose (bench, 3, GRADMQ_REFUSED, GRADMQ_ERR_NON_FINITE);
    s_push (bench, s_zeros, NULL);
    s_assert_last (bench, 1, -2, 0, 0);
    s_push (bench, s_zeros, NULL);
    s_assert_last (bench, 0, 1, 0, 0);
}

static void
test_lost_gradient_goes_again_as_it_was (void **state)
{
    bench_t *bench = (bench_t *) *state;
    gradmq_fake_lock (bench->fake);
    bench->fake->lose = 1;
    gradmq_fake_unlock (bench->fake);
    if (gradmq_worker_push (bench->worker, s_gradient, sizeof s_gradient, NULL, &bench->why))
        fail_msg ("%s", bench->why.text);
    s_push (bench, s_zeros, NULL);
    const gradmq_fake_t *seen = gradmq_fake_seen (bench->fake);
    assert_int_equal (seen->arrivals [1], 2);
    assert_false (seen->changed_bytes);
    s_assert_last (bench, 3, 4, 5, 6);
    s_push (bench, s_zeros, NULL);
    s_assert_last (bench, 1, -2, 0, 0);
}

static void
test_push_what_cannot_be_compressed_is_refused (void **state)
{
    bench_t *bench = (bench_t *) *state;
    const gradmq_push_t half = {.dtype = GRADMQ_F16};
    float bad [FAKE_ELEMENTS] = {NAN};
    assert_int_equal (
        gradmq_worker_push (bench->worker, s_gradient, 2 * FAKE_ELEMENTS, &half, &bench->why),
        GRADMQ_ERR_ARGUMENT);
    assert_non_null (strstr (bench->why.text, "F32"));
    assert_int_equal (gradmq_worker_push (bench->worker, bad, sizeof bad, NULL, &bench->why),
                      GRADMQ_ERR_NON_FINITE);
    s_push (bench, s_gradient, NULL);
    s_assert_last (bench, 3, 4, 5, 6);
    assert_int_equal (gradmq_fake_seen (bench->fake)->gradients_seen, 1);
}

static void
s_count (void *data, void *context)
{
    (void) data;
    ++*(int *) context;
}

static void
test_push_take_gives_back_at_once (void **state)
{
    bench_t *bench = (bench_t *) *state;
    float data [FAKE_ELEMENTS] = {0, 0, 9, 1, 1, 1};
    int released = 0;
    assert_int_equal (gradmq_worker_push_take (bench->worker, data, sizeof data, s_count, &released,
                                               NULL, &bench->why),
                      GRADMQ_OK);
    assert_int_equal (released, 1);
    memset (data, 0x77, sizeof data);
    s_push (bench, s_zeros, NULL);
    s_assert_last (bench, 3, 1, 0, 0);
}

static void
test_compress_none_pushes_whole_gradients (void **state)
{
    bench_t *bench = (bench_t *) *state;
    s_push (bench, s_gradient, NULL);
    assert_int_equal (gradmq_worker_compress (bench->worker, NULL, NULL), GRADMQ_OK);
    s_push (bench, s_gradient, NULL);
    const gradmq_fake_t *seen = gradmq_fake_seen (bench->fake);
    assert_int_equal (seen->last_parts, 0);
    assert_memory_equal (seen->last_values, s_gradient, sizeof s_gradient);
    const gradmq_compression_t bad = {.how = GRADMQ_COMPRESS_TOP_K, .fraction = 2};
    assert_int_equal (gradmq_worker_compress (bench->worker, &bad, &bench->why),
                      GRADMQ_ERR_ARGUMENT);
    s_push (bench, s_gradient, NULL);
    assert_int_equal (gradmq_fake_seen (bench->fake)->last_parts, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, s_setup, bench_tear_down)

int
main (void)
{
    const struct CMUnitTest tests [] = {
        TEST (test_push_leaves_out_goes_with_the_next),
        TEST (test_push_loss_scale_is_taken_out),
        TEST (test_what_was_not_used_comes_back_once),
        TEST (test_what_a_rule_left_out_or_is_too_large_does_not_come_back),
        TEST (test_lost_gradient_goes_again_as_it_was),
        TEST (test_push_what_cannot_be_compressed_is_refused),
        TEST (test_push_take_gives_back_at_once),
        TEST (test_compress_none_pushes_whole_gradients),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
