//  G-4: checks 9 to 11 hold again when a gradient's turn comes, as the model, the policy or the newest
//  version may have changed.

#include "spec/fixture/act.h"

static peer_t *s_peer;
static uint64_t s_incarnation;

//  Two gradients wait: one that states its base, one that does not.
static int
s_open (void **state)
{
    (void) state;
    s_peer = peer_new ();
    peer_load_stopped (s_peer, 2);
    s_incarnation = peer_join (s_peer, "w");
    gradmq_gradient_t gradient = peer_gradient (s_peer, "w", s_incarnation, 1);
    gradient.has_base = true;
    gradient.base_epoch = s_peer->reply.position.epoch;
    peer_push (s_peer, &gradient, (float []){0.5f, 0.5f}, 2);
    act_push (s_peer, "w", s_incarnation, 2, 0.25f, 2);
    act_handled (s_peer, 2);
    return 0;
}

static int
s_close (void **state)
{
    (void) state;
    peer_destroy (&s_peer);
    return 0;
}

static void
test_old_epoch_is_refused_and_no_base_is_taken (void **state)
{
    (void) state;
    peer_load (s_peer, 2);
    peer_settle (s_peer, "w", s_incarnation, 2);
    act_assert_ack (&s_peer->reply.ack, 2, 2, 1, 0, 1);
    act_assert_disposed (&s_peer->reply.ack, 0, 1, GRADMQ_REFUSED, GRADMQ_ERR_EPOCH);
    act_assert_parameters (s_peer, 2, 0.75f, 1);
}

static void
test_another_layout_is_refused (void **state)
{
    (void) state;
    peer_load (s_peer, 3);
    peer_settle (s_peer, "w", s_incarnation, 2);
    act_assert_ack (&s_peer->reply.ack, 2, 2, 0, 0, 2);
    act_assert_disposed (&s_peer->reply.ack, 0, 1, GRADMQ_REFUSED, GRADMQ_ERR_LAYOUT);
    act_assert_disposed (&s_peer->reply.ack, 1, 2, GRADMQ_REFUSED, GRADMQ_ERR_LAYOUT);
    peer_assert_untouched (s_peer, 3);
}

static void
test_setting_that_needs_a_base_refuses_who_has_none (void **state)
{
    (void) state;
    peer_set (s_peer, "max_staleness", "1");
    assert_int_equal (act_command (s_peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    peer_settle (s_peer, "w", s_incarnation, 2);
    act_assert_ack (&s_peer->reply.ack, 2, 2, 1, 0, 1);
    act_assert_disposed (&s_peer->reply.ack, 0, 2, GRADMQ_REFUSED, GRADMQ_ERR_BASE);
    act_assert_parameters (s_peer, 2, 0.5f, 1);
}

//  Of gradients from one base the queue itself makes the later ones stale.
static void
test_staleness_counts_to_the_version_that_it_meets (void **state)
{
    (void) state;
    peer_set (s_peer, "max_staleness", "2");
    gradmq_gradient_t gradient = peer_gradient (s_peer, "w", s_incarnation, 3);
    gradient.has_base = true;
    gradient.base_epoch = s_peer->reply.position.epoch;
    for (gradient.sequence = 3; gradient.sequence <= 5; gradient.sequence++)
        peer_push (s_peer, &gradient, (float []){0.0625f, 0.0625f}, 2);
    act_handled (s_peer, 5);
    assert_int_equal (act_command (s_peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    peer_settle (s_peer, "w", s_incarnation, 5);
    act_assert_ack (&s_peer->reply.ack, 5, 5, 3, 0, 2);
    act_assert_disposed (&s_peer->reply.ack, 0, 2, GRADMQ_REFUSED, GRADMQ_ERR_BASE);
    act_assert_disposed (&s_peer->reply.ack, 1, 5, GRADMQ_REFUSED, GRADMQ_ERR_STALE);
    act_assert_parameters (s_peer, 2, 0.375f, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, s_open, s_close)

int
main (void)
{
    const struct CMUnitTest tests [] = {
        TEST (test_old_epoch_is_refused_and_no_base_is_taken),
        TEST (test_another_layout_is_refused),
        TEST (test_setting_that_needs_a_base_refuses_who_has_none),
        TEST (test_staleness_counts_to_the_version_that_it_meets),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
