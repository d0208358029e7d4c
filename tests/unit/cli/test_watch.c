#include "cli/watch/draw.h"

#include "cli/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

static void
s_step (gradmq_gather_t *gather, uint64_t steps, double staleness, double loss, uint64_t count)
{
    gradmq_step_metric_t metric = {.name = "loss", .mean = loss, .count = count};
    gradmq_event_t event = {.kind = GRADMQ_EVENT_STEP,
                            .step = {.steps = steps,
                                     .has_staleness = true,
                                     .staleness_mean = staleness,
                                     .staleness_maximum = (uint64_t) staleness + 1,
                                     .metrics = &metric,
                                     .metric_count = 1}};
    gradmq_gather_event (gather, &event, "00:00:00");
}

static void
test_gather_steps_are_weighted_by_their_counts (void **state)
{
    (void) state;
    gradmq_gather_t gather = {.steps = 0};
    gradmq_gather_begin (&gather);
    assert_true (isnan (gradmq_gather_staleness (&gather)));
    assert_true (isnan (gradmq_gather_mean (&gather, "loss")));
    s_step (&gather, 1, 4, 1.0, 1);
    s_step (&gather, 3, 0, 0.2, 3);
    assert_int_equal (gather.steps, 4);
    assert_true (fabs (gradmq_gather_staleness (&gather) - 1) < 1e-12);
    assert_true (fabs (gradmq_gather_mean (&gather, "loss") - 0.4) < 1e-12);
    assert_int_equal (gather.staleness_maximum, 5);
    gradmq_gather_begin (&gather);
    assert_true (isnan (gradmq_gather_mean (&gather, "loss")));
}

static void
test_gather_notices_keep_the_newest_and_are_clean (void **state)
{
    (void) state;
    gradmq_gather_t gather = {.steps = 0};
    for (int i = 0; i < GRADMQ_GATHER_NOTICES + 2; i++) {
        char message [32];
        snprintf (message, sizeof message, "\033number %d", i);
        gradmq_event_t event = {
            .kind = GRADMQ_EVENT_NOTICE,
            .notice = {.notice = GRADMQ_NOTICE_JOINED, .worker = "w1", .message = message}};
        gradmq_gather_event (&gather, &event, "12:00:00");
    }
    assert_int_equal (gather.notice_count, GRADMQ_GATHER_NOTICES);
    assert_string_equal (gather.notices [0], "12:00:00  JOINED w1: ?number 2");
    assert_string_equal (gather.notices [GRADMQ_GATHER_NOTICES - 1],
                         "12:00:00  JOINED w1: ?number 9");
    assert_false (gather.closing);
    gradmq_event_t closing = {.kind = GRADMQ_EVENT_NOTICE,
                              .position = {.instance = 1, .epoch = 2, .version = 3},
                              .notice = {.notice = GRADMQ_NOTICE_CLOSING}};
    gradmq_gather_event (&gather, &closing, "12:00:01");
    assert_true (gather.closing);
    gradmq_look_t look = {.state = GRADMQ_STATE_RUNNING, .version = 2, .versions_per_s = 5};
    gradmq_look_closed (&look, &gather);
    assert_int_equal (look.state, GRADMQ_STATE_CLOSING);
    assert_int_equal (look.version, 3);
    assert_true (isnan (look.versions_per_s));
}

static gradmq_look_t
s_look (uint64_t at_ms, uint64_t version, uint64_t received, gradmq_roster_row_t *rows,
        size_t count)
{
    gradmq_look_t look = {.at_ms = at_ms,
                          .model = "digits",
                          .state = GRADMQ_STATE_RUNNING,
                          .instance = 1,
                          .epoch = 7,
                          .version = version,
                          .received = received,
                          .roster = {.members = rows, .count = count}};
    return look;
}

static void
test_rates_come_from_two_looks_of_one_epoch (void **state)
{
    (void) state;
    gradmq_roster_row_t old [] = {{.name = "w1", .incarnation = 3, .received_through = 100}};
    gradmq_roster_row_t new [] = {
        {.name = "w1", .incarnation = 3, .received_through = 140, .received_per_s = (double) NAN},
        {.name = "w2", .incarnation = 4, .received_through = 9, .received_per_s = (double) NAN}};
    gradmq_look_t before = s_look (1000, 50, 60, old, 1), look = s_look (3000, 90, 100, new, 2);
    gradmq_look_rates (&look, NULL);
    assert_true (isnan (look.versions_per_s));
    gradmq_look_rates (&look, &before);
    assert_true (look.versions_per_s == 20);
    assert_true (look.gradients_per_s == 20);
    assert_true (new [0].received_per_s == 20);
    assert_true (isnan (new [1].received_per_s));
    before.epoch = 6;
    gradmq_look_rates (&look, &before);
    assert_true (isnan (look.versions_per_s));
    assert_true (look.gradients_per_s == 20);
    before.instance = 2;
    gradmq_look_rates (&look, &before);
    assert_true (isnan (look.gradients_per_s));
}

static void
test_trail_draws_between_its_own_ends (void **state)
{
    (void) state;
    gradmq_trail_t trail = {.count = 0};
    char text [GRADMQ_TRAIL_BYTES (8)];
    assert_string_equal (gradmq_trail_draw (&trail, text, 8, true), "");
    for (int i = 0; i < 100; i++)
        gradmq_trail_put (&trail, i);
    gradmq_trail_put (&trail, (double) NAN);
    assert_string_equal (gradmq_trail_draw (&trail, text, 8, true), "▁▂▃▄▅▆▇█");
    assert_string_equal (gradmq_trail_draw (&trail, text, 8, false), "_.,-=+*#");
    gradmq_trail_t flat = {.count = 0};
    gradmq_trail_put (&flat, 5);
    gradmq_trail_put (&flat, 5);
    assert_string_equal (gradmq_trail_draw (&flat, text, 8, false), "__");
}

//  The scene of many workers, on a canvas.
static char *
s_draw (size_t columns, size_t lines, size_t workers, bool color)
{
    gradmq_roster_row_t *rows = calloc (workers + 1, sizeof *rows);
    for (size_t i = 0; i < workers; i++)
        snprintf (rows [i].name, sizeof rows [i].name, "worker-%zu", i);
    gradmq_look_t look = s_look (1000, 50, 60, rows, workers);
    look.metrics [0] = (gradmq_look_metric_t){.name = "loss", .value = 0.25};
    look.metric_count = 1;
    gradmq_trails_t *trails = calloc (1, sizeof *trails);
    gradmq_gather_t *gather = calloc (1, sizeof *gather);
    gradmq_trails_put (trails, &look);
    gradmq_gather_note (gather, "12:00:00", "a notice");
    gradmq_scene_t scene = {&look, trails, gather, "tcp://127.0.0.1:5570", NULL};
    gradmq_canvas_t canvas = {.columns = columns, .lines = lines, .color = color, .utf8 = true};
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream (&text, &size);
    assert_non_null (memory);
    gradmq_draw_scene (memory, &scene, &canvas);
    fclose (memory);
    free (rows);
    free (trails);
    free (gather);
    return text;
}

static void
test_scene_stays_within_every_canvas (void **state)
{
    (void) state;
    for (size_t columns = 1; columns < 140; columns += 7)
        for (size_t lines = 1; lines < 40; lines++) {
            char *text = s_draw (columns, lines, 12, false);
            size_t used = 0;
            for (char *line = strtok (text, "\n"); line; line = strtok (NULL, "\n")) {
                assert_true (gradmq_text_width (line) <= columns);
                used++;
            }
            assert_true (used <= lines);
            free (text);
        }
}

static void
test_scene_on_a_tall_canvas_shows_all_of_it (void **state)
{
    (void) state;
    char *text = s_draw (120, 0, 12, true);
    assert_non_null (strstr (text, "digits  tcp://127.0.0.1:5570"));
    assert_non_null (strstr (text, "RUNNING"));
    assert_non_null (strstr (text, "loss"));
    assert_non_null (strstr (text, "worker-11"));
    assert_non_null (strstr (text, "a notice"));
    assert_non_null (strstr (text, "\033[1m"));
    free (text);
}

static void
test_scene_without_room_says_how_many_more (void **state)
{
    (void) state;
    char *text = s_draw (120, 20, 40, false);
    assert_non_null (strstr (text, "worker-0 "));
    assert_null (strstr (text, "worker-39"));
    assert_non_null (strstr (text, " more\n"));
    assert_non_null (strstr (text, "a notice"));
    assert_null (strstr (text, "\033"));
    free (text);
}

static void
test_scene_of_silence_says_so (void **state)
{
    (void) state;
    gradmq_look_t look = s_look (1000, 50, 60, NULL, 0);
    gradmq_trails_t *trails = calloc (1, sizeof *trails);
    gradmq_gather_t *gather = calloc (1, sizeof *gather);
    gradmq_scene_t scene = {&look, trails, gather, "tcp://h:1", "no answer in 2 s"};
    gradmq_canvas_t canvas = {.columns = 80};
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream (&text, &size);
    gradmq_draw_scene (memory, &scene, &canvas);
    fclose (memory);
    assert_non_null (strstr (text, "NO ANSWER: no answer in 2 s"));
    free (text);
    free (trails);
    free (gather);
}

//  What a look makes of a status, drawn in the three ways.
static void
test_open_step_is_told_in_every_way (void **state)
{
    (void) state;
    gradmq_look_t look = s_look (1000, 50, 60, NULL, 0);
    snprintf (look.policy, sizeof look.policy, "bsp");
    snprintf (look.rule, sizeof look.rule, "mean");
    snprintf (look.why, sizeof look.why, "round 9 has 1 answer and waits for others");
    snprintf (look.open_step, sizeof look.open_step, "round 9, 1 contribution");
    snprintf (look.waiting, sizeof look.waiting, "w2 (1 in all), no longer than 1.5 s");
    snprintf (look.names [0], sizeof look.names [0], "w2");
    look.name_count = look.waiting_total = 1;
    look.round = 9;
    look.deadline_ms = 1500;
    gradmq_trails_t *trails = calloc (1, sizeof *trails);
    gradmq_gather_t *gather = calloc (1, sizeof *gather);
    gradmq_scene_t scene = {&look, trails, gather, "tcp://h:1", NULL};
    gradmq_canvas_t canvas = {.columns = 100};
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream (&text, &size);
    gradmq_draw_scene (memory, &scene, &canvas);
    gradmq_draw_line (memory, &look);
    gradmq_draw_json (memory, &look);
    fclose (memory);
    assert_non_null (
        strstr (text, "policy     bsp             rule         mean, round 9, 1 cont"));
    assert_non_null (strstr (text, "\nwaits for  w2 (1 in all), no longer than 1.5 s\n"));
    assert_non_null (
        strstr (text, "  (round 9 has 1 answer and waits for others: w2 (1 in all), no"));
    assert_non_null (strstr (text, "\"waiting_for\""));
    assert_non_null (strstr (text, "\"deadline_ms\""));
    assert_non_null (strstr (text, "1500"));
    free (text);
    free (trails);
    free (gather);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_gather_steps_are_weighted_by_their_counts),
        cmocka_unit_test (test_gather_notices_keep_the_newest_and_are_clean),
        cmocka_unit_test (test_rates_come_from_two_looks_of_one_epoch),
        cmocka_unit_test (test_trail_draws_between_its_own_ends),
        cmocka_unit_test (test_scene_stays_within_every_canvas),
        cmocka_unit_test (test_scene_on_a_tall_canvas_shows_all_of_it),
        cmocka_unit_test (test_scene_without_room_says_how_many_more),
        cmocka_unit_test (test_scene_of_silence_says_so),
        cmocka_unit_test (test_open_step_is_told_in_every_way),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
