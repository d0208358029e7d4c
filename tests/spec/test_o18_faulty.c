//  O-18: whoever answers a round with what is not finite is one of those that the rule has to bear.

#include "spec/fixture/crew.h"

enum { WORKERS = 5 };

static crew_t *
s_crew (void)
{
    return CREW_NEW (WORKERS, "policy", "bsp", "rule", "krum", "byzantine", "1");
}

static void
s_push_from (crew_t *crew, size_t first)
{
    for (size_t i = first; i < WORKERS; i++)
        crew_push (crew, i, i + 1 < WORKERS ? 1 : 9);
}

//  Assert that the newest gradients from this worker on came to nothing.
static void
s_skipped_from (crew_t *crew, size_t first)
{
    for (size_t i = first; i < WORKERS; i++)
        crew_disposed (crew, i, crew->of [i].sequence, GRADMQ_SKIPPED, GRADMQ_ERR_STATE);
}

//  Of the four that are left, krum bears none any more and leaves 9 out; the mixed mean bears one, makes
//  1, 1, 1 and 11 / 3 of 1, 1, 1 and 9, and leaves the ends out.
static void
test_faulty_worker_does_not_stop_the_others (void **state)
{
    (void) state;
    static const struct {
        const char *rule, *byzantine;
        gradmq_disposition_t last;
    } rows [] = {{"krum", "1", GRADMQ_EXCLUDED},
                 {"multi_krum", "1", GRADMQ_EXCLUDED},
                 {"nnm_trimmed_mean", "2", GRADMQ_APPLIED}};
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++) {
        crew_t *crew = CREW_NEW (WORKERS, "policy", "bsp", "rule", rows [i].rule, "byzantine",
                                 rows [i].byzantine);
        crew_push (crew, 0, NAN);
        s_push_from (crew, 1);
        crew_model (crew, 1, -1);
        crew_disposed (crew, 0, 1, GRADMQ_REFUSED, GRADMQ_ERR_NON_FINITE);
        crew_disposed (crew, 4, 1, rows [i].last, GRADMQ_OK);
        crew_destroy (&crew);
    }
}

//  The second one is the answer to the next round.
static void
test_faulty_worker_counts_once_a_round (void **state)
{
    (void) state;
    crew_t *crew = s_crew ();
    crew_push (crew, 0, NAN);
    crew_push (crew, 0, NAN);
    s_push_from (crew, 1);
    crew_model (crew, 1, -1);
    s_push_from (crew, 1);
    crew_model (crew, 2, -2);
    crew_destroy (&crew);
}

static void
test_faulty_worker_counts_in_its_round_only (void **state)
{
    (void) state;
    crew_t *crew = s_crew ();
    crew_push (crew, 0, NAN);
    s_push_from (crew, 1);
    crew_model (crew, 1, -1);
    crew_skip (crew, 0);
    s_push_from (crew, 1);
    s_skipped_from (crew, 1);
    crew_destroy (&crew);
}

static void
test_too_few_beside_faulty_workers_are_skipped (void **state)
{
    (void) state;
    crew_t *crew = s_crew ();
    crew_push (crew, 0, NAN);
    crew_skip (crew, 1);
    crew_skip (crew, 2);
    s_push_from (crew, 3);
    s_skipped_from (crew, 3);
    crew_destroy (&crew);
}

static void
test_more_faulty_workers_than_expected_count_for_nothing (void **state)
{
    (void) state;
    crew_t *crew = s_crew ();
    crew_push (crew, 0, NAN);
    crew_push (crew, 1, NAN);
    s_push_from (crew, 2);
    s_skipped_from (crew, 2);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_faulty_worker_does_not_stop_the_others),
        cmocka_unit_test (test_faulty_worker_counts_once_a_round),
        cmocka_unit_test (test_faulty_worker_counts_in_its_round_only),
        cmocka_unit_test (test_too_few_beside_faulty_workers_are_skipped),
        cmocka_unit_test (test_more_faulty_workers_than_expected_count_for_nothing),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
