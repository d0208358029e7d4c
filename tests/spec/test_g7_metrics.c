//  G-7: at most `metrics` metrics, finite values, weights finite and above 0; refused: ARGUMENT.

#include "spec/fixture/act.h"

#include <math.h>

enum { MOST = GRADMQ_METRICS_MAX };

static gradmq_metric_t s_metrics [MOST + 1];

static void
s_fill (void)
{
    for (int i = 0; i <= MOST; i++) {
        snprintf (s_metrics [i].name, sizeof s_metrics [i].name, "metric %d", i);
        s_metrics [i].value = i;
        s_metrics [i].weight = 1;
    }
}

static gradmq_gradient_t
s_gradient (peer_t *peer, uint64_t incarnation, uint64_t sequence, size_t count)
{
    gradmq_gradient_t gradient = peer_gradient (peer, "w", incarnation, sequence);
    gradient.metrics = s_metrics;
    gradient.metric_count = count;
    return gradient;
}

static void
test_bad_metrics_are_refused (void **state)
{
    (void) state;
    static const struct {
        double value, weight;
        const char *name;
    } bad [] = {
        {NAN, 1, "loss"}, {INFINITY, 1, "loss"}, {1, 0, "loss"},
        {1, -1, "loss"},  {1, INFINITY, "loss"}, {1, NAN, "loss"},
    };
    enum { BAD = sizeof bad / sizeof bad [0] };
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    for (size_t i = 0; i < BAD; i++) {
        s_fill ();
        s_metrics [1].value = bad [i].value;
        s_metrics [1].weight = bad [i].weight;
        gradmq_gradient_t gradient = s_gradient (peer, incarnation, i + 1, 2);
        act_assert_refused (peer, &gradient, (float []){0.5f}, 1, GRADMQ_ERR_ARGUMENT);
    }
    s_fill ();
    gradmq_gradient_t gradient = s_gradient (peer, incarnation, BAD + 1, MOST + 1);
    act_assert_refused (peer, &gradient, (float []){0.5f}, 1, GRADMQ_ERR_ARGUMENT);
    peer_assert_untouched (peer, 1);
    peer_destroy (&peer);
}

static void
test_as_many_as_are_allowed_are_taken_and_listed (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    s_fill ();
    gradmq_gradient_t gradient = s_gradient (peer, incarnation, 1, MOST);
    assert_int_equal (act_try (peer, &gradient, (float []){0.5f}, 1).disposition, GRADMQ_APPLIED);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_STATUS), GRADMQ_OK);
    const gradmq_status_report_t *status = &peer->reply.status;
    assert_int_equal (status->metric_count, MOST);
    for (int i = 0; i < MOST; i++) {
        assert_string_equal (status->metrics [i].name, s_metrics [i].name);
        assert_true (status->metrics [i].value == s_metrics [i].value);
        assert_string_equal (status->metrics [i].worker, "w");
    }
    peer_destroy (&peer);
}

//  Who reports many names of its own hides nobody's for good.
static void
test_a_new_name_takes_the_place_of_the_one_reported_longest_ago (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    uint64_t incarnation = peer_join (peer, "w");
    s_fill ();
    gradmq_gradient_t gradient = s_gradient (peer, incarnation, 1, MOST);
    assert_int_equal (act_try (peer, &gradient, (float []){0.5f}, 1).disposition, GRADMQ_APPLIED);
    gradmq_metric_t own = {.name = "loss", .value = 0.75, .weight = 1};
    gradient = s_gradient (peer, incarnation, 2, 1);
    gradient.metrics = &own;
    assert_int_equal (act_try (peer, &gradient, (float []){0.5f}, 1).disposition, GRADMQ_APPLIED);
    assert_int_equal (act_command (peer, GRADMQ_COMMAND_STATUS), GRADMQ_OK);
    const gradmq_status_report_t *status = &peer->reply.status;
    bool found = false;
    for (size_t i = 0; i < status->metric_count; i++) {
        assert_string_not_equal (status->metrics [i].name, s_metrics [0].name);
        if (strcmp (status->metrics [i].name, "loss") == 0)
            found = status->metrics [i].value == 0.75;
    }
    assert_true (found);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_bad_metrics_are_refused),
        cmocka_unit_test (test_as_many_as_are_allowed_are_taken_and_listed),
        cmocka_unit_test (test_a_new_name_takes_the_place_of_the_one_reported_longest_ago),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
