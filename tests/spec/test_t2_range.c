//  T-2: a value out of range is refused: ARGUMENT, and the message names setting, value and range. An
//  unknown optimizer, schedule, policy or stream is refused: UNSUPPORTED, and the message names those
//  there are.

#include "spec/fixture/change.h"

static void
test_number_out_of_range_is_refused_with_its_range (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++) {
        const gradmq_setting_row_t *row = &gradmq_setting_table [i];
        if (row->type != GRADMQ_SETTING_REAL && row->type != GRADMQ_SETTING_COUNT)
            continue;
        double wrong = row->type == GRADMQ_SETTING_COUNT ? row->most + 1 : row->most * 2;
        //  Those that go over the wire in 32 bits cannot say more than that.
        if (row->type == GRADMQ_SETTING_COUNT && row->least > 0)
            wrong = row->least - 1;
        assert_int_equal (change_one_number (stage.peer, row->name, wrong), GRADMQ_ERR_ARGUMENT);
        const char *message = stage.peer->reply.message;
        char text [64];
        snprintf (text, sizeof text, "%.15g to %.15g", row->least, row->most);
        assert_non_null (strstr (message, row->name));
        assert_non_null (strstr (message, text));
        snprintf (text, sizeof text, "%.15g", wrong);
        assert_non_null (strstr (message, text));
    }
    stage_end (&stage);
}

static void
test_real_below_its_range_is_refused (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++) {
        const gradmq_setting_row_t *row = &gradmq_setting_table [i];
        if (row->type == GRADMQ_SETTING_REAL)
            assert_int_equal (change_one_number (stage.peer, row->name, row->least - 1),
                              GRADMQ_ERR_ARGUMENT);
    }
    stage_end (&stage);
}

static void
test_unknown_choice_is_refused_with_those_there_are (void **state)
{
    (void) state;
    static const struct {
        const char *name, *value, *there;
    } cases [] = {
        {"optimizer", "sgdm", "adamw"}, {"optimizer", "", "sgd"},
        {"optimizer", "SGD", "sgd"},    {"schedule", "cubic", "cosine"},
        {"policy", "gossip", "async"},  {"rule", "vote", "krum"},
        {"streams", "f8", "bf16"},      {"streams", "f32,f8", "bf16"},
        {"mode", "sideways", "ascent"}, {"durability", "paper", "memory"},
    };
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof cases / sizeof cases [0]; i++) {
        assert_int_equal (change_one_text (stage.peer, cases [i].name, cases [i].value),
                          GRADMQ_ERR_UNSUPPORTED);
        assert_non_null (strstr (stage.peer->reply.message, cases [i].there));
    }
    stage_end (&stage);
}

static void
test_unknown_stream_of_a_get_is_refused_with_those_there_are (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_request_t get = {.command = GRADMQ_COMMAND_GET_MODEL_PARAMETERS, .stream = "f8"};
    stage_declined_request (&stage, &get, NULL, 0, GRADMQ_ERR_UNSUPPORTED);
    assert_non_null (strstr (stage.peer->reply.message, "bf16"));
    stage_end (&stage);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_number_out_of_range_is_refused_with_its_range),
        cmocka_unit_test (test_real_below_its_range_is_refused),
        cmocka_unit_test (test_unknown_choice_is_refused_with_those_there_are),
        cmocka_unit_test (test_unknown_stream_of_a_get_is_refused_with_those_there_are),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
