//  G-2: the coordinator decides in this order; the first that applies holds. Each test offends two
//  neighbouring checks or more.

#include "spec/fixture/act.h"

#include <math.h>

static peer_t *s_peer;
static uint64_t s_incarnation;

//  A running model of two elements and a member "w".
static int
s_open (void **state)
{
    (void) state;
    s_peer = peer_new ();
    peer_load (s_peer, 2);
    s_incarnation = peer_join (s_peer, "w");
    return 0;
}

static int
s_close (void **state)
{
    (void) state;
    peer_destroy (&s_peer);
    return 0;
}

static gradmq_gradient_t
s_gradient (uint64_t sequence)
{
    return peer_gradient (s_peer, "w", s_incarnation, sequence);
}

//  It belongs to nobody: told on malformed/ with this code.
static void
s_assert_malformed (const gradmq_gradient_t *gradient, uint32_t code)
{
    peer_push (s_peer, gradient, (float []){0.5f, 0.5f}, 2);
    gradmq_event_t event;
    peer_event (s_peer, "malformed/", GRADMQ_EVENT_MALFORMED, &event);
    assert_int_equal (event.malformed.code, code);
    gradmq_event_clear (&event);
    peer_ack (s_peer, "w", s_incarnation, 0);
    act_assert_ack (&s_peer->reply.ack, 0, 0, 0, 0, 0);
}

static void
test_checks_1_to_4_belong_to_nobody_but_for_membership (void **state)
{
    (void) state;
    peer_subscribe_events (s_peer, "malformed/");
    peer_subscribe_events (s_peer, "event/" PEER_MODEL "/w/");
    gradmq_gradient_t gradient = s_gradient (1);
    strcpy (gradient.worker, "a b");
    strcpy (gradient.model, "other");
    s_assert_malformed (&gradient, GRADMQ_ERR_NAME);
    strcpy (gradient.worker, "stranger");
    s_assert_malformed (&gradient, GRADMQ_ERR_MODEL);
    gradient = s_gradient (0);
    s_assert_malformed (&gradient, GRADMQ_ERR_ARGUMENT);
    gradient = s_gradient (3);
    gradient.low_water = 4;
    s_assert_malformed (&gradient, GRADMQ_ERR_ARGUMENT);
    gradient = s_gradient (1);
    gradient.incarnation = 0;
    s_assert_malformed (&gradient, GRADMQ_ERR_ARGUMENT);
    assert_int_equal (peer_counter (s_peer, "malformed"), 5);
    //  Membership comes before everything that a sequence is held against.
    gradient = s_gradient (9999);
    strcpy (gradient.worker, "stranger");
    gradient.layout = 1;
    peer_push (s_peer, &gradient, (float []){NAN}, 1);
    act_assert_notice (s_peer, "stranger", GRADMQ_NOTICE_TURNED_AWAY, s_incarnation, 9999,
                       GRADMQ_ERR_NOT_JOINED);
    peer_assert_untouched (s_peer, 2);
}

static void
test_fenced_comes_before_duplicate (void **state)
{
    (void) state;
    gradmq_gradient_t gradient = s_gradient (1);
    assert_int_equal (act_try (s_peer, &gradient, (float []){0.5f, 0.5f}, 2).disposition,
                      GRADMQ_APPLIED);
    peer_join (s_peer, "w");
    peer_push (s_peer, &gradient, (float []){0.5f, 0.5f}, 2);
    act_handled (s_peer, 2);
    assert_int_equal (peer_counter (s_peer, "turned_away"), 1);
    assert_int_equal (peer_counter (s_peer, "duplicates"), 0);
}

static void
test_duplicate_comes_before_everything_about_its_contents (void **state)
{
    (void) state;
    gradmq_gradient_t gradient = s_gradient (1);
    assert_int_equal (act_try (s_peer, &gradient, (float []){0.5f, 0.5f}, 2).disposition,
                      GRADMQ_APPLIED);
    gradient.layout = 1;
    gradient.kind = 77;
    assert_int_equal (act_try (s_peer, &gradient, (float []){NAN}, 1).disposition, GRADMQ_APPLIED);
    assert_int_equal (peer_counter (s_peer, "duplicates"), 1);
    //  Above R, too.
    gradient = s_gradient (3);
    assert_int_equal (act_try (s_peer, &gradient, (float []){0.25f, 0.25f}, 2).disposition, 0);
    act_assert_ack (&s_peer->reply.ack, 1, 1, 2, 1, 0);
    gradient.dtype = 99;
    act_try (s_peer, &gradient, (float []){NAN}, 1);
    act_assert_ack (&s_peer->reply.ack, 1, 1, 2, 1, 0);
    assert_int_equal (peer_counter (s_peer, "duplicates"), 2);
    act_assert_parameters (s_peer, 2, 0.25f, 2);
}

static void
test_window_comes_before_credit_and_contents (void **state)
{
    (void) state;
    peer_set (s_peer, "queue_gradients", "1");
    assert_int_equal (act_command (s_peer, GRADMQ_COMMAND_STOP), GRADMQ_OK);
    gradmq_gradient_t gradient = s_gradient (1);
    assert_true (act_try (s_peer, &gradient, (float []){0.5f, 0.5f}, 2).received);
    gradient = s_gradient (GRADMQ_RECEIVE_WINDOW + 1);
    gradient.layout = 1;
    act_assert_away (s_peer, &gradient, (float []){NAN}, 1, GRADMQ_ERR_WINDOW);
    //  The last that there is room for.
    gradient = s_gradient (GRADMQ_RECEIVE_WINDOW);
    gradient.layout = 1;
    act_assert_away (s_peer, &gradient, (float []){NAN}, 1, GRADMQ_ERR_QUEUE_FULL);
}

static void
test_credit_comes_before_contents (void **state)
{
    (void) state;
    peer_set (s_peer, "queue_gradients", "1");
    assert_int_equal (act_command (s_peer, GRADMQ_COMMAND_STOP), GRADMQ_OK);
    gradmq_gradient_t gradient = s_gradient (1);
    act_try (s_peer, &gradient, (float []){0.5f, 0.5f}, 2);
    gradient = s_gradient (2);
    gradient.weight = -1;
    act_assert_away (s_peer, &gradient, (float []){0.5f, 0.5f}, 2, GRADMQ_ERR_QUEUE_FULL);
    assert_int_equal (act_command (s_peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    peer_settle (s_peer, "w", s_incarnation, 1);
    act_assert_refused (s_peer, &gradient, (float []){0.5f, 0.5f}, 2, GRADMQ_ERR_ARGUMENT);
    act_assert_parameters (s_peer, 2, 0.5f, 1);
}

//  What was received is held for ever then: credit would never come.
static void
test_closing_comes_before_credit (void **state)
{
    (void) state;
    peer_set (s_peer, "queue_gradients", "1");
    assert_int_equal (act_command (s_peer, GRADMQ_COMMAND_STOP), GRADMQ_OK);
    gradmq_gradient_t gradient = s_gradient (1);
    act_try (s_peer, &gradient, (float []){0.5f, 0.5f}, 2);
    gradmq_request_t destroy = {.command = GRADMQ_COMMAND_DESTROY};
    assert_int_equal (peer_request (s_peer, &destroy, NULL, 0), GRADMQ_OK);
    gradient = s_gradient (2);
    act_assert_away (s_peer, &gradient, (float []){0.5f, 0.5f}, 2, GRADMQ_ERR_CLOSED);
}

static void
test_closing_comes_before_contents (void **state)
{
    (void) state;
    gradmq_gradient_t gradient = s_gradient (1);
    act_try (s_peer, &gradient, (float []){0.5f, 0.5f}, 2);
    gradmq_request_t destroy = {.command = GRADMQ_COMMAND_DESTROY};
    assert_int_equal (peer_request (s_peer, &destroy, NULL, 0), GRADMQ_OK);
    //  What was received stays so; what is new is turned away, bad or not.
    act_try (s_peer, &gradient, (float []){0.5f, 0.5f}, 2);
    assert_int_equal (peer_counter (s_peer, "duplicates"), 1);
    gradient = s_gradient (2);
    gradient.layout = 1;
    act_assert_away (s_peer, &gradient, (float []){NAN}, 1, GRADMQ_ERR_CLOSED);
    assert_int_equal (act_join (s_peer, "late", 0, 0), GRADMQ_ERR_CLOSED);
}

static void
test_contents_come_before_base_and_values (void **state)
{
    (void) state;
    gradmq_gradient_t gradient = s_gradient (1);
    gradient.has_base = true;
    gradient.base_epoch = 1;
    gradient.layout = 1;
    act_assert_refused (s_peer, &gradient, (float []){NAN}, 1, GRADMQ_ERR_LAYOUT);
    gradient.sequence = 2;
    gradient.layout = s_peer->layout;
    act_assert_refused (s_peer, &gradient, (float []){NAN}, 1, GRADMQ_ERR_LENGTH);
    gradient.sequence = 3;
    act_assert_refused (s_peer, &gradient, (float []){NAN, 1}, 2, GRADMQ_ERR_EPOCH);
    gradient.sequence = 4;
    gradient.has_base = false;
    act_assert_refused (s_peer, &gradient, (float []){NAN, 1}, 2, GRADMQ_ERR_NON_FINITE);
    gradient.sequence = 5;
    assert_int_equal (act_try (s_peer, &gradient, (float []){0.5f, 0.5f}, 2).disposition,
                      GRADMQ_APPLIED);
    act_assert_ack (&s_peer->reply.ack, 5, 5, 1, 0, 4);
    act_assert_parameters (s_peer, 2, 0.5f, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, s_open, s_close)

int
main (void)
{
    const struct CMUnitTest tests [] = {
        TEST (test_checks_1_to_4_belong_to_nobody_but_for_membership),
        TEST (test_fenced_comes_before_duplicate),
        TEST (test_duplicate_comes_before_everything_about_its_contents),
        TEST (test_window_comes_before_credit_and_contents),
        TEST (test_credit_comes_before_contents),
        TEST (test_closing_comes_before_credit),
        TEST (test_closing_comes_before_contents),
        TEST (test_contents_come_before_base_and_values),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
