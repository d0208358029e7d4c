//  Y-6: several waiting gradients may be applied in one pass when the result has the same bits as one
//  by one. The version grows by their number, and intermediate versions are not published.

#include "spec/fixture/act.h"

enum { FLOATS = 300, WAITING = 100 };

//  Apply the same gradients and return the parameters; *passes says in how many passes.
static float *
s_train (const char *coalesce, const char *mode, uint64_t *passes)
{
    peer_t *peer = peer_new ();
    peer_load_stopped (peer, FLOATS);
    peer_set (peer, "coalesce", coalesce);
    peer_set (peer, "mode", mode);
    peer_set (peer, "learning_rate", "0.1");
    peer_set (peer, "schedule", "cosine");
    peer_set (peer, "schedule_steps", "70");
    uint64_t incarnation = peer_join (peer, "w");
    uint32_t random = 1;
    for (uint64_t i = 1; i <= WAITING; i++) {
        float values [FLOATS];
        for (int e = 0; e < FLOATS; e++) {
            random = random * 1664525u + 1013904223u;
            values [e] = (float) (random >> 8) / 8388608.0f - 1;
        }
        gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, i);
        gradient.loss_scale = i % 3 ? 1 : 3;
        peer_push (peer, &gradient, values, FLOATS);
    }
    act_handled (peer, WAITING);
    peer_subscribe_updates (peer, "params/");
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_START), GRADMQ_OK);
    peer_settle (peer, "w", incarnation, WAITING);
    *passes = peer_counter (peer, "passes");
    assert_int_equal (peer_counter (peer, "steps"), WAITING);
    gradmq_update_t update;
    uint8_t *payload;
    size_t size;
    //  A slow machine publishes on the way, too.
    for (peer_update (peer, &update, &payload, &size); update.position.version < WAITING;
         peer_update (peer, &update, &payload, &size)) {
        free (payload);
        gradmq_update_clear (&update);
    }
    uint64_t version;
    float *parameters = peer_parameters (peer, FLOATS, &version);
    assert_int_equal (version, WAITING);
    assert_memory_equal (payload, parameters, size);
    free (payload);
    gradmq_update_clear (&update);
    peer_destroy (&peer);
    return parameters;
}

static void
test_bits_are_those_of_one_by_one (void **state)
{
    (void) state;
    static const char *const modes [] = {"descent", "ascent"};
    for (int i = 0; i < 2; i++) {
        uint64_t passes;
        float *single = s_train ("false", modes [i], &passes);
        assert_int_equal (passes, WAITING);
        float *together = s_train ("true", modes [i], &passes);
        assert_true (passes < WAITING / 2);
        assert_memory_equal (single, together, FLOATS * sizeof *single);
        free (single);
        free (together);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_bits_are_those_of_one_by_one),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
