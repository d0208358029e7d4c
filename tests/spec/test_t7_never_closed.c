//  T-7: a step that could never be closed is refused: ARGUMENT. Where a policy or quorum counts contributions,
//  they are at least as many as the rule needs; where a policy counts them, twice their number and their
//  size fit into `queue_gradients` and `queue_bytes`.

#include "spec/fixture/change.h"
#include "spec/fixture/crew.h"

static void
test_fewer_than_the_rule_needs_are_refused (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (1, "policy", "async");
    assert_int_equal (CREW_TRY (crew, "buffer_gradients", "4", "rule", "krum"),
                      GRADMQ_ERR_ARGUMENT);
    CREW_SET (crew, "buffer_gradients", "5", "rule", "krum");
    assert_int_equal (CREW_TRY (crew, "byzantine", "2"), GRADMQ_ERR_ARGUMENT);
    assert_int_equal (CREW_TRY (crew, "buffer_gradients", "4"), GRADMQ_ERR_ARGUMENT);
    CREW_SET (crew, "buffer_gradients", "7", "byzantine", "2");
    assert_int_equal (CREW_TRY (crew, "policy", "bsp", "quorum", "6"), GRADMQ_ERR_ARGUMENT);
    CREW_SET (crew, "policy", "bsp", "quorum", "7");
    CREW_SET (crew, "quorum", "0");
    assert_int_equal (CREW_TRY (crew, "policy", "merge"), GRADMQ_ERR_ARGUMENT);
    CREW_SET (crew, "policy", "merge", "merge_count", "7");
    //  What was refused changed nothing.
    const gradmq_settings_t *settings = change_read (crew->peer);
    assert_int_equal (settings->merge_count, 7);
    assert_int_equal (settings->byzantine, 2);
    crew_destroy (&crew);
}

static void
test_step_has_to_fit_into_the_queue (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (1, "queue_gradients", "7");
    assert_int_equal (CREW_TRY (crew, "buffer_gradients", "4"), GRADMQ_ERR_ARGUMENT);
    CREW_SET (crew, "buffer_gradients", "3");
    assert_int_equal (CREW_TRY (crew, "queue_gradients", "5"), GRADMQ_ERR_ARGUMENT);
    CREW_SET (crew, "queue_gradients", "6");
    assert_int_equal (CREW_TRY (crew, "policy", "merge", "merge_count", "4"), GRADMQ_ERR_ARGUMENT);
    CREW_SET (crew, "policy", "merge", "merge_count", "3");
    crew_destroy (&crew);
}

static void
test_step_s_octets_have_to_fit_into_the_queue (void **state)
{
    (void) state;
    static float zeros [257];
    crew_t *crew = CREW_NEW (1, "queue_bytes", "4096", "buffer_gradients", "2");
    //  Of 1028 octets twice two do not fit.
    uint64_t shape = 257;
    gradmq_tensor_spec_t spec = {"t", 1, &shape};
    gradmq_request_t load = {.command = GRADMQ_COMMAND_SET_MODEL_PARAMETERS,
                             .tensors = &spec,
                             .tensor_count = 1,
                             .layout_dtype = GRADMQ_DTYPE_F32};
    assert_int_equal (peer_request (crew->peer, &load, zeros, sizeof zeros), GRADMQ_ERR_ARGUMENT);
    assert_int_equal (crew->peer->reply.position.epoch, crew->epoch);
    shape = 256;
    load.request_id = 0;
    assert_int_equal (peer_request (crew->peer, &load, zeros, 1024), GRADMQ_OK);
    assert_int_equal (CREW_TRY (crew, "buffer_gradients", "3"), GRADMQ_ERR_ARGUMENT);
    CREW_SET (crew, "buffer_gradients", "1");
    load.request_id = 0;
    shape = 257;
    assert_int_equal (peer_request (crew->peer, &load, zeros, sizeof zeros), GRADMQ_OK);
    crew_destroy (&crew);
}

//  A worker has a slot of its own, so a quorum of any size may come together.
static void
test_quorum_needs_no_room (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (5, "policy", "bsp", "quorum", "4", "queue_gradients", "2");
    for (size_t i = 0; i < 3; i++) {
        crew_push (crew, i, 1);
        crew_held (crew, i, 1);
    }
    crew_push (crew, 3, 1);
    crew_model (crew, 1, -1);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_fewer_than_the_rule_needs_are_refused),
        cmocka_unit_test (test_step_has_to_fit_into_the_queue),
        cmocka_unit_test (test_step_s_octets_have_to_fit_into_the_queue),
        cmocka_unit_test (test_quorum_needs_no_room),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
