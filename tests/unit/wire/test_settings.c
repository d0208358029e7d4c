#include "settings/settings.h"

#include "wire/message.h"
#include "wire/settings.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const ProtobufCFieldDescriptor *
s_field (const char *name)
{
    return protobuf_c_message_descriptor_get_field_by_name (&gradmq__v1__settings__descriptor,
                                                            name);
}

static void
test_setting_table_every_row_is_a_field_of_its_type (void **state)
{
    (void) state;
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++) {
        const gradmq_setting_row_t *row = &gradmq_setting_table [i];
        const ProtobufCFieldDescriptor *field = s_field (row->name);
        if (!field)
            fail_msg ("%s is not a field of gradmq.v1.Settings", row->name);
        bool same = row->type == GRADMQ_SETTING_TEXT        ? field->type == PROTOBUF_C_TYPE_STRING
                    : row->type == GRADMQ_SETTING_REAL      ? field->type == PROTOBUF_C_TYPE_DOUBLE
                    : row->type == GRADMQ_SETTING_FLAG      ? field->type == PROTOBUF_C_TYPE_BOOL
                    : field->type == PROTOBUF_C_TYPE_UINT32 ? row->most <= UINT32_MAX
                                                            : field->type == PROTOBUF_C_TYPE_UINT64;
        if (!same)
            fail_msg ("%s has another type or range in gradmq.v1.Settings", row->name);
    }
}

static gradmq_err_t
s_through (const gradmq_settings_t *settings, gradmq_request_t *to, gradmq_reason_t *reason)
{
    void *header;
    size_t size;
    const char *const reset [] = {"beta1"};
    gradmq_request_t from = {.command = GRADMQ_COMMAND_SET_PARAMETERS,
                             .settings = settings,
                             .reset = reset,
                             .reset_count = 1};
    assert_int_equal (gradmq_wire_encode_request (&from, &header, &size), GRADMQ_OK);
    gradmq_err_t err = gradmq_wire_decode_request (to, header, size, reason);
    free (header);
    return err;
}

static void
test_set_parameters_keeps_what_is_given_only (void **state)
{
    (void) state;
    gradmq_settings_t settings;
    gradmq_request_t to;
    gradmq_settings_init (&settings);
    settings.learning_rate = 0.125;
    settings.given [GRADMQ_SETTING_learning_rate] = true;
    settings.queue_gradients = 77;
    settings.given [GRADMQ_SETTING_queue_gradients] = true;
    settings.coalesce = false;
    settings.given [GRADMQ_SETTING_coalesce] = true;
    strcpy (settings.optimizer, "adam");
    settings.given [GRADMQ_SETTING_optimizer] = true;
    settings.groups_given = true;
    settings.group_count = 1;
    settings.groups [0] =
        (gradmq_group_t){.pattern = "*.bias", .rate_scale = 2, .has_l2 = true, .frozen = true};
    assert_int_equal (s_through (&settings, &to, NULL), GRADMQ_OK);
    assert_true (to.settings->learning_rate == 0.125);
    assert_int_equal (to.settings->queue_gradients, 77);
    assert_false (to.settings->coalesce);
    assert_string_equal (to.settings->optimizer, "adam");
    assert_memory_equal (to.settings->given, settings.given, sizeof settings.given);
    assert_true (to.settings->groups_given);
    assert_int_equal (to.settings->group_count, 1);
    assert_string_equal (to.settings->groups [0].pattern, "*.bias");
    assert_true (to.settings->groups [0].rate_scale == 2 && to.settings->groups [0].has_l2);
    assert_false (to.settings->groups [0].has_weight_decay);
    assert_true (to.settings->groups [0].frozen);
    assert_string_equal (to.reset [0], "beta1");
    gradmq_request_clear (&to);
}

static void
test_set_parameters_not_finite_is_refused (void **state)
{
    (void) state;
    gradmq_settings_t settings;
    gradmq_request_t to;
    gradmq_reason_t reason;
    gradmq_settings_init (&settings);
    settings.clip_norm = (double) INFINITY;
    settings.given [GRADMQ_SETTING_clip_norm] = true;
    assert_int_equal (s_through (&settings, &to, &reason), GRADMQ_ERR_ARGUMENT);
    assert_non_null (strstr (reason.text, "clip_norm"));
}

//  A field that the schema has and the table does not: refused by name.
static void
test_read_change_setting_without_a_row_is_refused (void **state)
{
    (void) state;
    const ProtobufCFieldDescriptor *fields = gradmq__v1__settings__descriptor.fields;
    for (unsigned i = 0; i < gradmq__v1__settings__descriptor.n_fields; i++) {
        if (gradmq_setting_find (fields [i].name) || fields [i].type == PROTOBUF_C_TYPE_MESSAGE)
            continue;
        Gradmq__V1__Settings message = GRADMQ__V1__SETTINGS__INIT;
        gradmq_settings_t *settings;
        gradmq_arena_t arena;
        gradmq_reason_t reason;
        if (fields [i].type == PROTOBUF_C_TYPE_STRING)
            *(const char **) ((char *) &message + fields [i].offset) = "x";
        else
            *(protobuf_c_boolean *) ((char *) &message + fields [i].quantifier_offset) = true;
        gradmq_arena_init (&arena, NULL, 0, 1 << 20);
        assert_int_equal (gradmq_settings_read_change (&settings, &message, &arena, &reason),
                          GRADMQ_ERR_UNSUPPORTED);
        assert_non_null (strstr (reason.text, fields [i].name));
        gradmq_arena_clear (&arena);
    }
}

static void
test_parameters_keep_values_and_names (void **state)
{
    (void) state;
    gradmq_settings_t settings;
    void *header;
    size_t size;
    gradmq_settings_init (&settings);
    settings.learning_rate = 0.5;
    settings.given [GRADMQ_SETTING_learning_rate] = true;
    settings.groups_given = true;
    const char *const unset [] = {"rho"};
    gradmq_reply_t to, from = {.answer = GRADMQ_ANSWER_PARAMETERS,
                               .parameters = {.settings = &settings,
                                              .revision = 4,
                                              .from_epoch = 5,
                                              .from_version = 6,
                                              .unset = {unset, 1}}};
    assert_int_equal (gradmq_wire_encode_reply (&from, &header, &size), GRADMQ_OK);
    assert_int_equal (gradmq_wire_decode_reply (&to, header, size, NULL), GRADMQ_OK);
    free (header);
    const gradmq_settings_t *got = to.parameters.settings;
    assert_memory_equal (got->given, settings.given, sizeof settings.given);
    assert_true (got->groups_given && got->learning_rate == 0.5);
    assert_true (isnan (got->beta1));
    assert_int_equal (got->lease_ms, settings.lease_ms);
    assert_string_equal (got->schedule, settings.schedule);
    assert_int_equal (to.parameters.revision, 4);
    assert_int_equal (to.parameters.from_version, 6);
    assert_string_equal (to.parameters.unset.items [0], "rho");
    gradmq_reply_clear (&to);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_setting_table_every_row_is_a_field_of_its_type),
        cmocka_unit_test (test_set_parameters_keeps_what_is_given_only),
        cmocka_unit_test (test_set_parameters_not_finite_is_refused),
        cmocka_unit_test (test_read_change_setting_without_a_row_is_refused),
        cmocka_unit_test (test_parameters_keep_values_and_names),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
