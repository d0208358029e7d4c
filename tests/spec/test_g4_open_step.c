//  G-4 for an open step: its contributions are checked again when settings change. One that cannot take part
//  under the new ones is REFUSED; the others stay.

#include "spec/fixture/crew.h"

static const act_tensor_t s_matrix [] = {{"t", 2, 1}};

static void
s_push_row (crew_t *crew, size_t worker)
{
    const struct {
        uint32_t index;
        float value;
    } row = {1, 8};
    gradmq_part_t part = {.tensor = 0, .encoding = GRADMQ_ENCODING_ROWS, .count = 1};
    gradmq_gradient_t gradient = crew_gradient (crew, worker);
    gradient.parts = &part;
    gradient.part_count = 1;
    zmsg_t *message = peer_frames (&gradient, &row, sizeof row);
    peer_push_frames (crew->peer, &message);
    crew->handled++;
}

//  Rows go neither with l2 nor with a trust ratio (Y-8).
static void
test_rows_are_refused_when_they_do_not_go_any_more (void **state)
{
    (void) state;
    static const char *const changes [][2] = {{"l2", "0.5"}, {"optimizer", "lamb"}};
    for (size_t i = 0; i < 2; i++) {
        crew_t *crew = CREW_NEW (2, "policy", "bsp", "rule", "sum");
        act_load (crew->peer, s_matrix, 1, (float []){0, 0});
        s_push_row (crew, 0);
        crew_held (crew, 0, 1);
        CREW_SET (crew, changes [i][0], changes [i][1]);
        crew_disposed (crew, 0, 1, GRADMQ_REFUSED, GRADMQ_ERR_UNSUPPORTED);
        assert_int_equal (crew_status (crew)->contributions, 0);
        CREW_SET (crew, "optimizer", "sgd", "l2", "0");
        //  It has answered: its round ends with b's gradient.
        crew_push (crew, 1, 4);
        crew_model (crew, 1, -4);
        crew_destroy (&crew);
    }
}

static void
test_stale_ones_are_refused_and_the_others_stay (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (1, "buffer_gradients", "1");
    for (unsigned i = 1; i <= 3; i++) {
        crew_push (crew, 0, 1);
        crew_model (crew, i, -(float) i);
    }
    CREW_SET (crew, "buffer_gradients", "3", "rule", "sum");
    for (uint64_t base = 1; base <= 2; base++) {
        gradmq_gradient_t gradient = crew_gradient (crew, 0);
        crew_base (crew, &gradient, base);
        crew_send (crew, &gradient, (float) base);
        crew_held (crew, 0, 3 + base);
    }
    CREW_SET (crew, "max_staleness", "1");
    crew_disposed (crew, 0, 4, GRADMQ_REFUSED, GRADMQ_ERR_STALE);
    crew_held (crew, 0, 5);
    assert_int_equal (crew_status (crew)->contributions, 1);
    //  The step that has enough under the new settings is closed.
    CREW_SET (crew, "buffer_gradients", "2");
    gradmq_gradient_t gradient = crew_gradient (crew, 0);
    crew_base (crew, &gradient, 3);
    crew_send (crew, &gradient, 4);
    crew_model (crew, 4, -9);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_rows_are_refused_when_they_do_not_go_any_more),
        cmocka_unit_test (test_stale_ones_are_refused_and_the_others_stay),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
