//  Y-2: norms are accumulated in F64, over all tensors present and not frozen.

#include "spec/fixture/act.h"

#include <math.h>

//  The norm that the step report tells of this step.
static double
s_reported (peer_t *peer)
{
    gradmq_event_t event;
    peer_event (peer, "event/", GRADMQ_EVENT_STEP, &event);
    assert_true (event.step.has_gradient_norm);
    double norm = event.step.gradient_norm;
    gradmq_event_clear (&event);
    return norm;
}

//  In F32 the ones would vanish beside the square of the first.
static void
test_small_elements_count_beside_a_large_one (void **state)
{
    (void) state;
    enum { COUNT = 5000 };
    peer_t *peer = peer_new ();
    peer_load (peer, COUNT);
    peer_set (peer, "clip_norm", "1e18");
    peer_subscribe_events (peer, "event/" PEER_MODEL "/all/");
    uint64_t incarnation = peer_join (peer, "w");
    float values [COUNT];
    for (int i = 0; i < COUNT; i++)
        values [i] = i ? 1 : 16384;
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    peer_push (peer, &gradient, values, COUNT);
    double wanted = sqrt (16384.0 * 16384.0 + COUNT - 1);
    assert_true (fabs (s_reported (peer) - wanted) < 1e-9 * wanted);
    peer_destroy (&peer);
}

//  Squares beyond F32.
static void
test_norm_of_large_values_is_finite (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 2);
    peer_set (peer, "clip_norm", "2.5");
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    assert_int_equal (act_try (peer, &gradient, (float []){6e17f, 8e17f}, 2).disposition,
                      GRADMQ_APPLIED);
    act_assert_near (peer, (double []){-0.5, -1}, 2, 1e-6);
    peer_destroy (&peer);
}

static void
test_norm_is_over_the_tensors_that_are_there_and_not_frozen (void **state)
{
    (void) state;
    static const act_tensor_t tensors [] = {{"a", 1, 0}, {"b", 1, 0}, {"c", 1, 0}};
    peer_t *peer = peer_new ();
    act_load (peer, tensors, 3, (float []){1, 1, 1});
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    peer_set (peer, "clip_global_norm", "2.5");
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    //  All three: the norm is 5.
    act_try (peer, &gradient, (float []){3, 4, 0}, 3);
    act_assert_values (peer, (float []){-0.5f, -1, 1}, 3);
    //  Two of them.
    gradmq_part_t parts [] = {{.tensor = 0, .encoding = GRADMQ_ENCODING_DENSE},
                              {.tensor = 2, .encoding = GRADMQ_ENCODING_DENSE}};
    gradient.sequence = 2;
    gradient.parts = parts;
    gradient.part_count = 2;
    act_try (peer, &gradient, (float []){3, 4}, 2);
    act_assert_values (peer, (float []){-2, -1, -1}, 3);
    //  All three, one of them frozen and huge.
    act_freeze (peer, "b");
    gradient = peer_gradient (peer, "w", incarnation, 3);
    act_try (peer, &gradient, (float []){3, 1e9f, 4}, 3);
    act_assert_values (peer, (float []){-3.5f, -1, -3}, 3);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_small_elements_count_beside_a_large_one),
        cmocka_unit_test (test_norm_of_large_values_is_finite),
        cmocka_unit_test (test_norm_is_over_the_tensors_that_are_there_and_not_frozen),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
