//  G-2, checks 9 to 11: what a gradient is REFUSED for, and with which code.

#include "spec/fixture/act.h"

#include <math.h>

static void
test_gradient_without_a_model_is_refused (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    gradient.layout = 1;
    act_assert_refused (peer, &gradient, (float []){1}, 1, GRADMQ_ERR_NO_MODEL);
    peer_load (peer, 1);
    act_push (peer, "w", incarnation, 2, 0.5f, 1);
    peer_settle (peer, "w", incarnation, 2);
    act_assert_ack (&peer->reply.ack, 2, 2, 1, 0, 1);
    act_assert_parameters (peer, 1, 0.5f, 1);
    peer_destroy (&peer);
}

typedef struct {
    const char *what;
    uint32_t code;
    gradmq_gradient_t change;  //  fields that are not 0 are put into a good gradient
    gradmq_part_t part;        //  used when encoding is not 0
    size_t count;              //  floats of payload
    float values [4];
} s_case_t;

//  Of a model of four elements.
static const s_case_t s_cases [] = {
    {"layout", GRADMQ_ERR_LAYOUT, .change = {.layout = 77}, .count = 4},
    {"kind", GRADMQ_ERR_UNSUPPORTED, .change = {.kind = 9}, .count = 4},
    {"dtype", GRADMQ_ERR_UNSUPPORTED, .change = {.dtype = 9}, .count = 4},
    {"encoding", GRADMQ_ERR_UNSUPPORTED, .part = {.encoding = 9}, .count = 4},
    {"encoding that does not go with the shape", GRADMQ_ERR_UNSUPPORTED,
     .part = {.encoding = GRADMQ_ENCODING_LOW_RANK, .count = 1}, .count = 4},
    {"elements beyond the tensor", GRADMQ_ERR_ARGUMENT,
     .part = {.encoding = GRADMQ_ENCODING_TOP_K, .count = 5}, .count = 4},
    {"scale that is not finite", GRADMQ_ERR_NON_FINITE, .part = {.encoding = GRADMQ_ENCODING_INT8},
     .count = 2, .values = {INFINITY}},
    {"part of no tensor", GRADMQ_ERR_ARGUMENT,
     .part = {.tensor = 1, .encoding = GRADMQ_ENCODING_ROWS, .count = 1}, .count = 2},
    {"rows beyond the tensor", GRADMQ_ERR_ARGUMENT,
     .part = {.encoding = GRADMQ_ENCODING_ROWS, .count = 5}, .count = 4},
    {"too short", GRADMQ_ERR_LENGTH, .count = 3},
    {"nothing", GRADMQ_ERR_LENGTH, .count = 0},
    {"length in another dtype", GRADMQ_ERR_LENGTH, .change = {.dtype = GRADMQ_DTYPE_F64},
     .count = 4},
    {"weight", GRADMQ_ERR_ARGUMENT, .change = {.weight = -1}, .count = 4},
    {"weight where none is read", GRADMQ_ERR_ARGUMENT, .change = {.weight = 2}, .count = 4},
    {"loss_scale", GRADMQ_ERR_ARGUMENT, .change = {.loss_scale = INFINITY}, .count = 4},
    {"another epoch", GRADMQ_ERR_EPOCH, .change = {.has_base = true, .base_epoch = 1}, .count = 4},
    {"not a number", GRADMQ_ERR_NON_FINITE, .count = 4, .values = {0, 0, 0, NAN}},
    {"infinite", GRADMQ_ERR_NON_FINITE, .count = 4, .values = {0, -INFINITY, 0, 0}},
    {"beyond the bound", GRADMQ_ERR_NON_FINITE, .count = 4, .values = {0, 0, 1.01e18f, 0}},
    {"beyond the bound after division", GRADMQ_ERR_NON_FINITE, .change = {.loss_scale = 1e-10},
     .count = 4, .values = {0, 0, 1e9f, 0}},
};

static void
s_change (gradmq_gradient_t *gradient, const gradmq_gradient_t *change)
{
    gradient->layout = change->layout ? change->layout : gradient->layout;
    gradient->kind = change->kind ? change->kind : gradient->kind;
    gradient->dtype = change->dtype;
    gradient->weight = change->weight < 0 || change->weight > 0 ? change->weight : 1;
    gradient->loss_scale = change->loss_scale > 0 ? change->loss_scale : 1;
    gradient->has_base = change->has_base;
    gradient->base_epoch = change->base_epoch;
}

static void
test_each_offence_has_its_code (void **state)
{
    (void) state;
    enum { CASES = sizeof s_cases / sizeof s_cases [0] };
    peer_t *peer = peer_new ();
    peer_load (peer, 4);
    uint64_t incarnation = peer_join (peer, "w");
    for (size_t i = 0; i < CASES; i++) {
        const s_case_t *c = &s_cases [i];
        gradmq_part_t part = c->part;
        gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, i + 1);
        s_change (&gradient, &c->change);
        if (part.encoding) {
            gradient.parts = &part;
            gradient.part_count = 1;
        }
        act_outcome_t outcome = act_try (peer, &gradient, c->values, c->count);
        if (outcome.disposition != GRADMQ_REFUSED || outcome.code != c->code)
            fail_msg ("%s: disposition %u, code %u", c->what, outcome.disposition, outcome.code);
    }
    peer_ack (peer, "w", incarnation, 0);
    act_assert_ack (&peer->reply.ack, CASES, CASES, 0, 0, CASES);
    assert_int_equal (peer_counter (peer, "refused"), CASES);
    peer_assert_untouched (peer, 4);
    peer_destroy (&peer);
}

//  What is just within each of these checks is applied.
static void
test_neighbours_of_offences_are_applied (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 2);
    peer_set (peer, "clip_value", "0.25");
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    assert_int_equal (act_try (peer, &gradient, (float []){9.9e17f, 1e18f}, 2).disposition,
                      GRADMQ_APPLIED);
    gradient.sequence = 2;
    gradient.loss_scale = 1e-10;
    assert_int_equal (act_try (peer, &gradient, (float []){9.9e7f, 9.9e7f}, 2).disposition,
                      GRADMQ_APPLIED);
    gradient.sequence = 3;
    gradient.loss_scale = 1;
    gradient.has_base = true;
    gradient.base_epoch = peer->reply.position.epoch;
    gradient.base_version = 2;
    assert_int_equal (act_try (peer, &gradient, (float []){0.25f, 0.25f}, 2).disposition,
                      GRADMQ_APPLIED);
    gradient.sequence = 4;
    gradient.base_version = 4;
    act_assert_refused (peer, &gradient, (float []){0.25f, 0.25f}, 2, GRADMQ_ERR_EPOCH);
    act_assert_parameters (peer, 2, 0.25f, 3);
    peer_destroy (&peer);
}

static void
test_base_and_staleness_are_held_against_max_staleness (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    peer_set (peer, "max_staleness", "1");
    uint64_t incarnation = peer_join (peer, "w");
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, 1);
    act_assert_refused (peer, &gradient, (float []){0.5f}, 1, GRADMQ_ERR_BASE);
    gradient.has_base = true;
    gradient.base_epoch = peer->reply.position.epoch;
    for (uint64_t i = 2; i <= 3; i++) {
        gradient.sequence = i;
        assert_int_equal (act_try (peer, &gradient, (float []){0.25f}, 1).disposition,
                          GRADMQ_APPLIED);
    }
    gradient.sequence = 4;
    act_assert_refused (peer, &gradient, (float []){0.25f}, 1, GRADMQ_ERR_STALE);
    act_assert_parameters (peer, 1, 0.5f, 2);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_gradient_without_a_model_is_refused),
        cmocka_unit_test (test_each_offence_has_its_code),
        cmocka_unit_test (test_neighbours_of_offences_are_applied),
        cmocka_unit_test (test_base_and_staleness_are_held_against_max_staleness),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
