//  A worker's lease: renewed while it lives, and over in good order when it leaves.

#include "fixture/bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

//  A worker that has a lease of this.
static gradmq_err_t
s_open (bench_t *bench, uint64_t lease_ms)
{
    gradmq_fake_lock (bench->fake);
    bench->fake->lease_ms = lease_ms;
    gradmq_fake_unlock (bench->fake);
    return bench_open (bench, (gradmq_options_t){.request_ms = 500});
}

static void
s_push_many (bench_t *bench, int count)
{
    static const float gradient [FAKE_ELEMENTS] = {1, 2, 3, 4, 5, 6};
    for (int i = 0; i < count; i++)
        assert_int_equal (
            gradmq_worker_push (bench->worker, gradient, sizeof gradient, NULL, &bench->why),
            GRADMQ_OK);
}

static bool
s_renewed_thrice (const gradmq_fake_t *fake)
{
    return fake->requests [GRADMQ_COMMAND_JOIN] >= 4;
}

static void
test_lease_is_renewed_without_the_worker (void **state)
{
    bench_t *bench = (bench_t *) *state;
    assert_int_equal (s_open (bench, 100), GRADMQ_OK);
    assert_true (gradmq_fake_wait (bench->fake, s_renewed_thrice));
    assert_int_equal (gradmq_fake_seen (bench->fake)->incarnation, 1001);
}

static void
test_close_leaves_with_last_sequence (void **state)
{
    bench_t *bench = (bench_t *) *state;
    assert_int_equal (s_open (bench, 30000), GRADMQ_OK);
    s_push_many (bench, 7);
    assert_int_equal (gradmq_worker_close (&bench->worker, 10000, &bench->why), GRADMQ_OK);
    assert_null (bench->worker);
    assert_int_equal (gradmq_fake_seen (bench->fake)->last_leave, 7);
    assert_int_equal (gradmq_fake_seen (bench->fake)->requests [GRADMQ_COMMAND_LEAVE], 1);
    assert_int_equal (gradmq_worker_close (&bench->worker, 0, NULL), GRADMQ_OK);
}

static bool
s_join_unanswered (const gradmq_fake_t *fake)
{
    return fake->join_unanswered;
}

static void
test_close_leaves_after_a_renewal_on_its_way (void **state)
{
    bench_t *bench = (bench_t *) *state;
    assert_int_equal (s_open (bench, 90), GRADMQ_OK);
    gradmq_fake_lock (bench->fake);
    bench->fake->forget_joins = 1;
    gradmq_fake_unlock (bench->fake);
    assert_true (gradmq_fake_wait (bench->fake, s_join_unanswered));
    assert_int_equal (gradmq_worker_close (&bench->worker, 10000, &bench->why), GRADMQ_OK);
    assert_int_equal (gradmq_fake_seen (bench->fake)->requests [GRADMQ_COMMAND_LEAVE], 1);
    assert_false (gradmq_fake_seen (bench->fake)->left_unanswered);
}

static void
test_close_unsettled_in_time_is_timeout (void **state)
{
    bench_t *bench = (bench_t *) *state;
    gradmq_fake_lock (bench->fake);
    bench->fake->hold = true;
    gradmq_fake_unlock (bench->fake);
    assert_int_equal (s_open (bench, 30000), GRADMQ_OK);
    s_push_many (bench, 2);
    assert_int_equal (gradmq_worker_close (&bench->worker, 50, &bench->why), GRADMQ_ERR_TIMEOUT);
    assert_null (bench->worker);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, bench_set_up_fake, bench_tear_down)

int
main (void)
{
    const struct CMUnitTest tests [] = {
        TEST (test_lease_is_renewed_without_the_worker),
        TEST (test_close_leaves_with_last_sequence),
        TEST (test_close_leaves_after_a_renewal_on_its_way),
        TEST (test_close_unsettled_in_time_is_timeout),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
