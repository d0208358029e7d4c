//  Y-1: divide by loss_scale; negate if ascent; clip each contribution by clip_norm; aggregate; clip by
//  clip_value; clip by clip_global_norm; add l2 x parameter; optimizer state; trust ratio; subtract
//  weight_decay x effective rate x parameter. Decay keeps its sign under ascent.
//
//  Every case would give other numbers if two neighbours changed places.

#include "spec/fixture/act.h"

typedef struct {
    const char *what;
    const char *settings [8];  //  name, value, name, value
    double loss_scale;
    float gradient [2];
    double wanted [2];  //  from parameters of 1
} s_case_t;

static const s_case_t s_cases [] = {
    {"loss_scale before clip_norm", {"clip_norm", "2.5"}, 2, {6, 8}, {-0.5, -1}},
    {"clip_norm before clip_value",
     {"clip_norm", "2.5", "clip_value", "3.5"},
     1,
     {3, 4},
     {-0.5, -1}},
    {"clip_value before clip_global_norm",
     {"clip_value", "4", "clip_global_norm", "2.5"},
     1,
     {3, -100},
     {-0.5, 3}},
    {"clipping before l2", {"clip_global_norm", "2.5", "l2", "0.5"}, 1, {3, 4}, {-1, -1.5}},
    {"decay keeps its sign under ascent", {"mode", "ascent", "l2", "0.5"}, 1, {3, -4}, {3.5, -3.5}},
    {"ascent before clip_value",
     {"mode", "ascent", "clip_value", "2", "l2", "1"},
     1,
     {3, 1},
     {2, 1}},
    {"rate after everything",
     {"learning_rate", "0.5", "clip_value", "1", "l2", "1"},
     1,
     {4, 0.5},
     {0, 0.25}},
    {"decoupled decay with the effective rate",
     {"optimizer", "adamw", "learning_rate", "0.5", "weight_decay", "0.25"},
     1,
     {3, -4},
     {0.375, 1.375}},
    {"decoupled decay keeps its sign under ascent",
     {"optimizer", "adamw", "learning_rate", "0.5", "weight_decay", "0.25", "mode", "ascent"},
     1,
     {3, -4},
     {1.375, 0.375}},
    {"l2 goes through the optimizer's state",
     {"optimizer", "adam", "learning_rate", "0.5", "l2", "5"},
     1,
     {3, -4},
     {0.5, 0.5}},
};

static void
s_set (peer_t *peer, const char *const settings [8])
{
    const char *names [4], *values [4];
    size_t count = 0;
    for (; count < 4 && settings [2 * count]; count++) {
        names [count] = settings [2 * count];
        values [count] = settings [2 * count + 1];
    }
    gradmq_reason_t why = {0};
    if (gradmq_coordinator_set_parameters (peer->coordinator, names, values, count, &why))
        fail_msg ("%s", why.text);
}

static void
test_each_operation_comes_in_its_place (void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof s_cases / sizeof s_cases [0]; i++) {
        const s_case_t *c = &s_cases [i];
        peer_t *peer = peer_new ();
        s_set (peer, c->settings);
        peer_load (peer, 2);
        uint64_t incarnation = peer_join (peer, "w");
        gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
        gradient.loss_scale = c->loss_scale;
        print_message ("%s\n", c->what);
        assert_int_equal (act_try (peer, &gradient, c->gradient, 2).disposition, GRADMQ_APPLIED);
        act_assert_near (peer, c->wanted, 2, 1e-6);
        peer_destroy (&peer);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_each_operation_comes_in_its_place),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
