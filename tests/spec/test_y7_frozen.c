//  Y-7: frozen tensors neither change nor count in a norm.

#include "spec/fixture/act.h"

static void
test_frozen_tensor_stays_until_it_is_free_again (void **state)
{
    (void) state;
    static const act_tensor_t tensors [] = {{"body.weight", 2, 0}, {"head.weight", 1, 0}};
    peer_t *peer = peer_new ();
    act_load (peer, tensors, 2, (float []){1, 1, 1});
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    peer_set (peer, "l2", "0.5");
    act_freeze (peer, "body.*");
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    assert_int_equal (act_try (peer, &gradient, (float []){1, 1, 0.25f}, 3).disposition,
                      GRADMQ_APPLIED);
    act_assert_values (peer, (float []){1, 1, 0.25f}, 3);
    //  A step of frozen tensors alone is a step that changes nothing.
    gradmq_part_t part = {.encoding = GRADMQ_ENCODING_DENSE};
    gradient.sequence = 2;
    gradient.parts = &part;
    gradient.part_count = 1;
    assert_int_equal (act_try (peer, &gradient, (float []){5, 5}, 2).disposition, GRADMQ_APPLIED);
    act_assert_values (peer, (float []){1, 1, 0.25f}, 3);
    peer_set (peer, "l2", "0");
    act_freeze (peer, NULL);
    gradient.sequence = 3;
    act_try (peer, &gradient, (float []){0.5f, 0.25f}, 2);
    act_assert_values (peer, (float []){0.5f, 0.75f, 0.25f}, 3);
    uint64_t version;
    free (peer_parameters (peer, 3, &version));
    assert_int_equal (version, 3);
    peer_destroy (&peer);
}

static void
test_frozen_tensor_does_not_count_in_a_norm (void **state)
{
    (void) state;
    static const act_tensor_t tensors [] = {{"a", 2, 0}, {"b", 1, 0}};
    peer_t *peer = peer_new ();
    act_load (peer, tensors, 2, (float []){1, 1, 1});
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    peer_set (peer, "clip_norm", "2.5");
    act_freeze (peer, "b");
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    act_try (peer, &gradient, (float []){3, 4, 1e6f}, 3);
    act_assert_values (peer, (float []){-0.5f, -1, 1}, 3);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_frozen_tensor_stays_until_it_is_free_again),
        cmocka_unit_test (test_frozen_tensor_does_not_count_in_a_norm),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
