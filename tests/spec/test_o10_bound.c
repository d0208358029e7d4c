//  O-10: a gradient of clock c is held while c - 1 - min_clock > `clock_bound`. Without a stated clock c is
//  the one after its worker's clock. In its turn, whatever becomes of it, a gradient that ends its clock
//  raises the worker's clock to c. Where no member counts for min_clock nobody is waited for.

#include "spec/fixture/crew.h"

static void
test_fast_worker_waits_for_the_slow (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "ssp", "clock_bound", "2");
    for (int i = 0; i < 6; i++)
        crew_push (crew, 0, 1);
    //  Clocks 1 to 3 pass.
    crew_model (crew, 3, -3);
    for (uint64_t i = 4; i <= 6; i++)
        crew_held (crew, 0, i);
    const gradmq_status_report_t *status = crew_status (crew);
    assert_int_equal (status->queued_gradients, 3);
    assert_int_equal (status->min_clock, 0);
    assert_int_equal (status->waiting_total, 1);
    assert_string_equal (status->waiting_for.items [0], "b");
    assert_non_null (status->why);
    for (unsigned i = 1; i <= 3; i++) {
        crew_push (crew, 1, 1);
        crew_model (crew, 3 + 2 * i, -(float) (3 + 2 * i));
        assert_int_equal (crew_status (crew)->min_clock, i);
    }
    assert_null (crew_status (crew)->why);
    crew_destroy (&crew);
}

static void
test_bound_of_nothing_is_lockstep (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (3, "policy", "ssp");
    for (size_t i = 0; i < 3; i++)
        crew_push (crew, i, 1);
    crew_model (crew, 3, -3);
    crew_push (crew, 0, 1);
    crew_push (crew, 0, 1);
    crew_model (crew, 4, -4);
    crew_held (crew, 0, 3);
    crew_push (crew, 1, 1);
    crew_held (crew, 0, 3);
    crew_skip (crew, 2);  //  whatever becomes of it
    crew_model (crew, 6, -6);
    crew_destroy (&crew);
}

static void
test_what_is_refused_raises_the_clock (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "ssp", "max_staleness", "1");
    for (uint64_t i = 1; i <= 4; i++) {
        //  b's gradients are refused when they come, for several reasons.
        crew->of [0].sequence = 2 * i - 2;
        for (int k = 0; k < 2; k++) {
            gradmq_gradient_t gradient = crew_gradient (crew, 0);
            crew_base (crew, &gradient, k ? i : i - 1);
            if (k == 0)
                crew_send (crew, &gradient, 1);
        }
        crew->of [0].sequence = 2 * i - 1;
        crew_model (crew, i, -(float) i);
        gradmq_gradient_t bad = crew_gradient (crew, 1);
        bool stale = i > 2;
        if (i != 1)
            crew_base (crew, &bad, stale ? 0 : i);
        crew_send (crew, &bad, i == 2 ? NAN : 1);
        crew_disposed (crew, 1, bad.sequence, GRADMQ_REFUSED,
                       i == 1   ? GRADMQ_ERR_BASE
                       : i == 2 ? GRADMQ_ERR_NON_FINITE
                                : GRADMQ_ERR_STALE);
        assert_int_equal (crew_status (crew)->min_clock, i);
    }
    crew_destroy (&crew);
}

//  A worker that states a clock has completed those before it; so it never waits for itself.
static void
test_stated_clock_says_where_a_worker_is (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "ssp", "clock_bound", "1");
    gradmq_gradient_t far = crew_clocked (crew, 0, 1000, true);
    crew_send (crew, &far, 1);
    crew_held (crew, 0, 1);
    gradmq_gradient_t other = crew_clocked (crew, 1, 1000, true);
    crew_send (crew, &other, 2);
    crew_model (crew, 2, -3);
    assert_int_equal (crew_status (crew)->min_clock, 1000);
    crew_destroy (&crew);
}

//  Nobody is left whom it could wait for.
static void
test_last_worker_may_leave (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (1, "policy", "ssp");
    assert_int_equal (act_command (crew->peer, GRADMQ_COMMAND_STOP), GRADMQ_OK);
    for (int i = 0; i < 3; i++)
        crew_push (crew, 0, 1);
    crew_held (crew, 0, 3);
    uint64_t incarnation = crew->of [0].incarnation;
    assert_int_equal (act_leave (crew->peer, "a", incarnation, 3), GRADMQ_OK);
    assert_false (crew->peer->reply.left.complete);
    assert_int_equal (act_command (crew->peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    crew_model (crew, 3, -3);
    crew_disposed (crew, 0, 3, GRADMQ_APPLIED, 0);
    assert_int_equal (act_leave (crew->peer, "a", incarnation, 3), GRADMQ_OK);
    assert_true (crew->peer->reply.left.complete);
    crew_destroy (&crew);
}

static void
test_slow_worker_that_leaves_is_not_waited_for (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "ssp");
    crew_push (crew, 0, 1);
    crew_push (crew, 0, 1);
    crew_model (crew, 1, -1);
    crew_held (crew, 0, 2);
    assert_int_equal (act_leave (crew->peer, "b", crew->of [1].incarnation, 0), GRADMQ_OK);
    crew_model (crew, 2, -2);
    crew_destroy (&crew);
}

static void
test_change_of_the_bound_frees_what_is_held (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "ssp");
    for (int i = 0; i < 3; i++)
        crew_push (crew, 0, 1);
    crew_model (crew, 1, -1);
    crew_held (crew, 0, 3);
    CREW_SET (crew, "clock_bound", "1");
    crew_model (crew, 2, -2);
    crew_held (crew, 0, 3);
    CREW_SET (crew, "policy", "async");
    crew_model (crew, 3, -3);
    crew_destroy (&crew);
}

//  What is held came first: it has its turn before what came after the one that freed it.
static void
test_held_gradient_goes_before_later_ones (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "ssp", "max_staleness", "2");
    assert_int_equal (act_command (crew->peer, GRADMQ_COMMAND_STOP), GRADMQ_OK);
    for (size_t i = 0; i < 4; i++) {  //  a, a, b, b
        gradmq_gradient_t gradient = crew_gradient (crew, i / 2);
        crew_base (crew, &gradient, 0);
        crew_send (crew, &gradient, 1);
        crew_held (crew, i / 2, gradient.sequence);
    }
    assert_int_equal (act_command (crew->peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    //  a's second waits for b's first, and b's second comes when its base is three versions old.
    crew_disposed (crew, 1, 2, GRADMQ_REFUSED, GRADMQ_ERR_STALE);
    crew_disposed (crew, 0, 2, GRADMQ_APPLIED, 0);
    crew_model (crew, 3, -3);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_fast_worker_waits_for_the_slow),
        cmocka_unit_test (test_bound_of_nothing_is_lockstep),
        cmocka_unit_test (test_what_is_refused_raises_the_clock),
        cmocka_unit_test (test_stated_clock_says_where_a_worker_is),
        cmocka_unit_test (test_last_worker_may_leave),
        cmocka_unit_test (test_slow_worker_that_leaves_is_not_waited_for),
        cmocka_unit_test (test_change_of_the_bound_frees_what_is_held),
        cmocka_unit_test (test_held_gradient_goes_before_later_ones),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
