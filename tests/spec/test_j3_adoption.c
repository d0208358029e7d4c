//  J-3: adoption is for a worker whose coordinator restarted and does not know it: it joins with its
//  incarnation and low_water and sends the same bytes again.

#include "spec/fixture/act.h"

#define A_DAY_US (24ull * 3600 * 1000000)

static void
test_unknown_incarnation_goes_on_at_its_low_water (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    assert_int_equal (act_join (peer, "w", 1000, 5), GRADMQ_OK);
    assert_int_equal (peer->reply.joined.incarnation, 1000);
    act_assert_ack (&peer->reply.joined.ack, 4, 4, 0, 0, 0);
    assert_int_equal (peer->reply.joined.ack.dispositions_from, 5);
    act_push (peer, "w", 1000, 4, 0.125f, 1);
    act_push (peer, "w", 1000, 5, 0.25f, 1);
    act_push (peer, "w", 1000, 6, 0.5f, 1);
    act_handled (peer, 3);
    peer_settle (peer, "w", 1000, 6);
    act_assert_ack (&peer->reply.ack, 6, 6, 2, 0, 0);
    assert_int_equal (peer_counter (peer, "duplicates"), 1);
    act_assert_parameters (peer, 1, 0.25f, 2);
    peer_destroy (&peer);
}

static void
test_low_water_that_is_absent_means_1 (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    assert_int_equal (act_join (peer, "w", 1000, 0), GRADMQ_OK);
    act_assert_ack (&peer->reply.joined.ack, 0, 0, 0, 0, 0);
    peer_destroy (&peer);
}

static void
test_incarnation_of_the_future_is_refused (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    uint64_t now = (uint64_t) zclock_time () * 1000;
    assert_int_equal (act_join (peer, "w", now + A_DAY_US + 3600000000ull, 1), GRADMQ_ERR_ARGUMENT);
    assert_int_equal (act_members (peer), 0);
    //  Clocks differ by less.
    assert_int_equal (act_join (peer, "w", now + A_DAY_US / 2, 1), GRADMQ_OK);
    //  A new life of the name is later than that still.
    assert_true (peer_join (peer, "w") > now + A_DAY_US / 2);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_unknown_incarnation_goes_on_at_its_low_water),
        cmocka_unit_test (test_low_water_that_is_absent_means_1),
        cmocka_unit_test (test_incarnation_of_the_future_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
