#include "wire/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const gradmq_position_t s_here = {UINT64_MAX, 1700000000000000, 0};

static const gradmq_range_t s_missing [] = {{4, 6, 0}, {9, 9, GRADMQ_ERR_QUEUE_FULL}};
static const gradmq_disposed_t s_disposed [] = {{2, GRADMQ_REFUSED, GRADMQ_ERR_LENGTH},
                                                {3, GRADMQ_EXCLUDED, 0}};

static gradmq_ack_t
s_ack (void)
{
    return (gradmq_ack_t){
        .model = "m",
        .worker = "w",
        .position = s_here,
        .incarnation = 5,
        .received_through = 3,
        .settled_through = 3,
        .missing = s_missing,
        .missing_count = 2,
        .dispositions = s_disposed,
        .disposition_count = 2,
        .dispositions_from = 1,
        .credit_gradients = 8,
        .credit_bytes = 1 << 20,
        .applied = 1,
    };
}

static void
s_same_ack (const gradmq_ack_t *ack)
{
    assert_string_equal (ack->model, "m");
    assert_string_equal (ack->worker, "w");
    assert_memory_equal (&ack->position, &s_here, sizeof s_here);
    assert_int_equal (ack->incarnation, 5);
    assert_int_equal (ack->received_through, 3);
    assert_int_equal (ack->settled_through, 3);
    assert_int_equal (ack->missing_count, 2);
    assert_int_equal (ack->missing [0].first, 4);
    assert_int_equal (ack->missing [0].last, 6);
    assert_int_equal (ack->missing [0].code, 0);
    assert_int_equal (ack->missing [1].code, GRADMQ_ERR_QUEUE_FULL);
    assert_int_equal (ack->disposition_count, 2);
    assert_int_equal (ack->dispositions [0].sequence, 2);
    assert_int_equal (ack->dispositions [0].disposition, GRADMQ_REFUSED);
    assert_int_equal (ack->dispositions [0].code, GRADMQ_ERR_LENGTH);
    assert_int_equal (ack->dispositions_from, 1);
    assert_int_equal (ack->credit_gradients, 8);
    assert_int_equal (ack->credit_bytes, 1 << 20);
    assert_int_equal (ack->applied, 1);
}

static gradmq_request_t
s_request (const gradmq_request_t *from)
{
    void *header;
    size_t size;
    gradmq_request_t to;
    gradmq_reason_t reason = {0};
    assert_int_equal (gradmq_wire_encode_request (from, &header, &size), GRADMQ_OK);
    gradmq_err_t err = gradmq_wire_decode_request (&to, header, size, &reason);
    free (header);
    assert_int_equal (err, GRADMQ_OK);
    if (!to.fault)
        assert_string_equal (reason.text, "");
    assert_int_equal (to.command, from->command);
    return to;
}

static gradmq_err_t
s_refused (const gradmq_request_t *from, gradmq_request_t *to)
{
    void *header;
    size_t size;
    gradmq_reason_t reason = {0};
    assert_int_equal (gradmq_wire_encode_request (from, &header, &size), GRADMQ_OK);
    gradmq_err_t err = gradmq_wire_decode_request (to, header, size, &reason);
    free (header);
    assert_int_not_equal (err, GRADMQ_OK);
    assert_true (strlen (reason.text) > 10);
    return err;
}

static void
test_request_join_keeps_fields (void **state)
{
    (void) state;
    const char *const wanted [] = {"journal", "int8"};
    gradmq_request_t from = {.client = "c",
                             .model = "m",
                             .request_id = 77,
                             .has_if_epoch = true,
                             .command = GRADMQ_COMMAND_JOIN,
                             .worker = "w",
                             .incarnation = 6,
                             .low_water = 3,
                             .capabilities = wanted,
                             .capability_count = 2};
    gradmq_request_t to = s_request (&from);
    assert_string_equal (to.client, "c");
    assert_string_equal (to.model, "m");
    assert_int_equal (to.request_id, 77);
    assert_true (to.has_if_epoch && to.if_epoch == 0 && !to.has_if_version);
    assert_string_equal (to.worker, "w");
    assert_int_equal (to.incarnation, 6);
    assert_int_equal (to.low_water, 3);
    assert_int_equal (to.capability_count, 2);
    assert_string_equal (to.capabilities [1], "int8");
    gradmq_request_clear (&to);
}

static void
test_request_every_command_keeps_its_number (void **state)
{
    (void) state;
    for (int i = GRADMQ_COMMAND_DESCRIBE; i <= GRADMQ_COMMAND_RESTORE; i++) {
        gradmq_gradient_t gradient;
        gradmq_gradient_init (&gradient);
        strcpy (gradient.model, "m");
        strcpy (gradient.worker, "w");
        gradient.incarnation = gradient.sequence = 1;
        gradmq_request_t from = {
            .command = (gradmq_command_t) i, .worker = "w", .nonce = 1, .gradient = &gradient};
        gradmq_request_t to = s_request (&from);
        gradmq_request_clear (&to);
    }
}

static void
test_request_model_keeps_layout (void **state)
{
    (void) state;
    const uint64_t shape [] = {3, 1ull << 33};
    const gradmq_tensor_spec_t tensors [] = {{"scalar", 0, NULL}, {"matrix", 2, shape}};
    gradmq_request_t from = {.command = GRADMQ_COMMAND_SET_MODEL_PARAMETERS,
                             .tensors = tensors,
                             .tensor_count = 2,
                             .layout_dtype = GRADMQ_DTYPE_F64,
                             .dtype = GRADMQ_DTYPE_BF16,
                             .has_bytes = true,
                             .bytes = 0};
    gradmq_request_t to = s_request (&from);
    assert_int_equal (to.tensor_count, 2);
    assert_string_equal (to.tensors [0].name, "scalar");
    assert_int_equal (to.tensors [0].rank, 0);
    assert_int_equal (to.tensors [1].rank, 2);
    assert_true (to.tensors [1].shape [1] == 1ull << 33);
    assert_int_equal (to.layout_dtype, GRADMQ_DTYPE_F64);
    assert_int_equal (to.dtype, GRADMQ_DTYPE_BF16);
    assert_true (to.has_bytes);
    gradmq_request_clear (&to);
}

static void
test_request_gradient_is_owned_by_the_request (void **state)
{
    (void) state;
    gradmq_gradient_t gradient;
    gradmq_part_t part = {.tensor = 2, .encoding = GRADMQ_ENCODING_ROWS, .count = 4};
    gradmq_gradient_init (&gradient);
    strcpy (gradient.model, "m");
    strcpy (gradient.worker, "w");
    gradient.incarnation = gradient.sequence = 1;
    gradient.parts = &part;
    gradient.part_count = 1;
    gradmq_request_t from = {
        .command = GRADMQ_COMMAND_ADD_GRADIENTS, .gradient = &gradient, .dry_run = true};
    gradmq_request_t to = s_request (&from);
    assert_true (to.dry_run);
    assert_int_equal (to.gradient->part_count, 1);
    assert_int_equal (to.gradient->parts [0].count, 4);
    gradmq_request_clear (&to);
    gradient.weight = -1;
    to = s_request (&from);
    assert_int_equal (to.fault, GRADMQ_ERR_ARGUMENT);
    assert_string_equal (to.gradient->worker, "w");
    gradmq_request_clear (&to);
    gradient.sequence = 0;
    assert_int_equal (s_refused (&from, &to), GRADMQ_ERR_ARGUMENT);
}

static void
test_request_bad_values_are_refused_with_the_id (void **state)
{
    (void) state;
    static const struct {
        gradmq_request_t request;
        gradmq_err_t code;
    } cases [] = {
        {{.command = GRADMQ_COMMAND_NONE}, GRADMQ_ERR_COMMAND},
        {{.command = GRADMQ_COMMAND_JOIN}, GRADMQ_ERR_NAME},
        {{.command = GRADMQ_COMMAND_STATUS, .model = "a b"}, GRADMQ_ERR_NAME},
        {{.command = GRADMQ_COMMAND_STATUS, .client = ""}, GRADMQ_ERR_NAME},
        {{.command = GRADMQ_COMMAND_SYNC}, GRADMQ_ERR_ARGUMENT},
        {{.command = GRADMQ_COMMAND_LIST_WORKERS, .limit = 1025}, GRADMQ_ERR_ARGUMENT},
        {{.command = GRADMQ_COMMAND_ADD_GRADIENTS}, GRADMQ_ERR_ARGUMENT},
        {{.command = GRADMQ_COMMAND_SET_MODEL_PARAMETERS, .dtype = 9}, GRADMQ_ERR_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases [0]; i++) {
        gradmq_request_t from = cases [i].request, to;
        from.request_id = 1234567;
        assert_int_equal (s_refused (&from, &to), cases [i].code);
        assert_int_equal (to.request_id, 1234567);
    }
}

static void
test_reply_with_code_keeps_fields (void **state)
{
    (void) state;
    void *header;
    size_t size;
    gradmq_reply_t to, from = {.request_id = 3,
                               .code = 4000000000u,
                               .message = "later",
                               .model = "m",
                               .position = s_here,
                               .repeated_answer = true};
    assert_int_equal (gradmq_wire_encode_reply (&from, &header, &size), GRADMQ_OK);
    assert_int_equal (gradmq_wire_decode_reply (&to, header, size, NULL), GRADMQ_OK);
    free (header);
    assert_int_equal (to.request_id, 3);
    assert_true (to.code == 4000000000u);
    assert_string_equal (to.message, "later");
    assert_memory_equal (&to.position, &s_here, sizeof s_here);
    assert_true (to.repeated_answer);
    assert_int_equal (to.answer, GRADMQ_ANSWER_NONE);
    gradmq_reply_clear (&to);
}

static gradmq_reply_t
s_reply (const gradmq_reply_t *from)
{
    void *header;
    size_t size;
    gradmq_reply_t to;
    assert_int_equal (gradmq_wire_encode_reply (from, &header, &size), GRADMQ_OK);
    assert_int_equal (gradmq_wire_decode_reply (&to, header, size, NULL), GRADMQ_OK);
    free (header);
    assert_int_equal (to.answer, from->answer);
    return to;
}

static void
test_reply_description_keeps_fields (void **state)
{
    (void) state;
    const char *const endpoints [] = {"tcp://*:5571", "ipc:///tmp/g"};
    const uint32_t dtypes [] = {1, 2, 3, 4};
    const uint64_t shape [] = {10};
    const gradmq_tensor_spec_t tensor = {"w", 1, shape};
    gradmq_reply_t from = {.answer = GRADMQ_ANSWER_DESCRIPTION,
                           .description = {.product = "p",
                                           .state = 2,
                                           .tensors = &tensor,
                                           .tensor_count = 1,
                                           .layout_dtype = 1,
                                           .layout_id = 99,
                                           .gradients = {endpoints, 2},
                                           .limits = {.frame_bytes = 5, .receive_window = 6},
                                           .dtypes = {dtypes, 4},
                                           .heartbeat_ms = 1000}};
    gradmq_reply_t to = s_reply (&from);
    assert_string_equal (to.description.product, "p");
    assert_int_equal (to.description.tensor_count, 1);
    assert_int_equal (to.description.tensors [0].shape [0], 10);
    assert_int_equal (to.description.gradients.count, 2);
    assert_string_equal (to.description.gradients.items [1], "ipc:///tmp/g");
    assert_int_equal (to.description.updates.count, 0);
    assert_int_equal (to.description.limits.frame_bytes, 5);
    assert_int_equal (to.description.limits.receive_window, 6);
    assert_int_equal (to.description.dtypes.items [3], 4);
    gradmq_reply_clear (&to);
}

static void
test_reply_acknowledgements_keep_fields (void **state)
{
    (void) state;
    gradmq_reply_t to, from = {.answer = GRADMQ_ANSWER_ACKNOWLEDGEMENT, .ack = s_ack ()};
    to = s_reply (&from);
    s_same_ack (&to.ack);
    gradmq_reply_clear (&to);
    from = (gradmq_reply_t){.answer = GRADMQ_ANSWER_JOINED,
                            .joined = {.incarnation = 8, .lease_ms = 30000, .ack = s_ack ()}};
    to = s_reply (&from);
    s_same_ack (&to.joined.ack);
    assert_int_equal (to.joined.lease_ms, 30000);
    gradmq_reply_clear (&to);
    from = (gradmq_reply_t){.answer = GRADMQ_ANSWER_ADDED};
    to = s_reply (&from);
    assert_false (to.added.has_ack);
    gradmq_reply_clear (&to);
}

static void
test_reply_lists_keep_fields (void **state)
{
    (void) state;
    const gradmq_counter_t counters [] = {{"gradients", 0}, {"refused", 7}};
    const gradmq_operation_t operation = {.operation = 4, .name = "save", .done = true, .code = 1};
    const gradmq_metric_t metric = {"loss", 0.5, 1};
    const gradmq_worker_row_t rows [] = {{.name = "a", .leaving = true},
                                         {.name = "b",
                                          .dispositions = counters,
                                          .disposition_count = 2,
                                          .metrics = &metric,
                                          .metric_count = 1}};
    gradmq_reply_t to, from = {.answer = GRADMQ_ANSWER_STATUS,
                               .status = {.why = "no model",
                                          .counters = counters,
                                          .counter_count = 2,
                                          .operations = &operation,
                                          .operation_count = 1,
                                          .has_deadline = true}};
    to = s_reply (&from);
    assert_string_equal (to.status.why, "no model");
    assert_int_equal (to.status.counters [1].value, 7);
    assert_true (to.status.operations [0].done && to.status.has_deadline);
    gradmq_reply_clear (&to);
    from = (gradmq_reply_t){.answer = GRADMQ_ANSWER_WORKERS,
                            .workers = {.workers = rows, .count = 2, .more = true}};
    to = s_reply (&from);
    assert_int_equal (to.workers.count, 2);
    assert_true (to.workers.more && to.workers.workers [0].leaving);
    assert_string_equal (to.workers.workers [1].metrics [0].name, "loss");
    assert_string_equal (to.workers.workers [1].dispositions [1].name, "refused");
    gradmq_reply_clear (&to);
}

static void
test_update_keeps_fields (void **state)
{
    (void) state;
    void *header;
    size_t size;
    gradmq_update_t to, from = {.model = "m",
                                .stream = "f32",
                                .position = s_here,
                                .stream_sequence = 12,
                                .has_previous = true,
                                .previous_version = 3,
                                .layout_id = 44,
                                .dtype = 1,
                                .encoding = 1,
                                .bytes = 1ull << 40,
                                .learning_rate = 0.1};
    assert_int_equal (gradmq_wire_encode_update (&from, &header, &size), GRADMQ_OK);
    assert_int_equal (gradmq_wire_decode_update (&to, header, size, NULL), GRADMQ_OK);
    free (header);
    assert_string_equal (to.stream, "f32");
    assert_memory_equal (&to.position, &s_here, sizeof s_here);
    assert_true (to.has_previous && to.previous_epoch == 0 && to.previous_version == 3);
    assert_true (to.bytes == 1ull << 40 && to.layout_id == 44);
    gradmq_update_clear (&to);
    from.has_previous = false;
    from.dtype = 9;
    assert_int_equal (gradmq_wire_encode_update (&from, &header, &size), GRADMQ_OK);
    assert_int_equal (gradmq_wire_decode_update (&to, header, size, NULL), GRADMQ_ERR_UNSUPPORTED);
    free (header);
}

static gradmq_event_t
s_event (const gradmq_event_t *from)
{
    void *header;
    size_t size;
    gradmq_event_t to;
    assert_int_equal (gradmq_wire_encode_event (from, &header, &size), GRADMQ_OK);
    assert_int_equal (gradmq_wire_decode_event (&to, header, size, NULL), GRADMQ_OK);
    free (header);
    assert_int_equal (to.kind, from->kind);
    return to;
}

static void
test_event_acknowledgement_keeps_fields (void **state)
{
    (void) state;
    gradmq_event_t from = {.kind = GRADMQ_EVENT_ACKNOWLEDGEMENT, .ack = s_ack ()};
    gradmq_event_t to = s_event (&from);
    s_same_ack (&to.ack);
    assert_string_equal (to.model, "m");
    assert_memory_equal (&to.position, &s_here, sizeof s_here);
    gradmq_event_clear (&to);
}

static void
test_event_bodies_keep_fields (void **state)
{
    (void) state;
    const char *const names [] = {"w1", "w2"};
    const gradmq_step_metric_t metric = {"loss", 0.5, 0.25, 0.75, 4};
    gradmq_event_t to, from = {.kind = GRADMQ_EVENT_HEARTBEAT,
                               .model = "m",
                               .position = s_here,
                               .heartbeat = {.state = 2, .waiting_for = {names, 2}}};
    to = s_event (&from);
    assert_int_equal (to.heartbeat.state, 2);
    assert_string_equal (to.heartbeat.waiting_for.items [1], "w2");
    assert_false (to.heartbeat.has_deadline);
    gradmq_event_clear (&to);
    from.kind = GRADMQ_EVENT_STEP;
    from.step = (gradmq_step_body_t){
        .steps = 3, .has_gradient_norm = true, .metrics = &metric, .metric_count = 1};
    to = s_event (&from);
    assert_true (to.step.has_gradient_norm && !to.step.has_update_norm && !to.step.has_staleness);
    assert_true (to.step.metrics [0].maximum == 0.75);
    gradmq_event_clear (&to);
    from.kind = GRADMQ_EVENT_SYNC;
    from.nonce = UINT64_MAX;
    to = s_event (&from);
    assert_true (to.nonce == UINT64_MAX && !to.model);
    gradmq_event_clear (&to);
    from.kind = GRADMQ_EVENT_NONE;
    to = s_event (&from);
    gradmq_event_clear (&to);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_request_join_keeps_fields),
        cmocka_unit_test (test_request_every_command_keeps_its_number),
        cmocka_unit_test (test_request_model_keeps_layout),
        cmocka_unit_test (test_request_gradient_is_owned_by_the_request),
        cmocka_unit_test (test_request_bad_values_are_refused_with_the_id),
        cmocka_unit_test (test_reply_with_code_keeps_fields),
        cmocka_unit_test (test_reply_description_keeps_fields),
        cmocka_unit_test (test_reply_acknowledgements_keep_fields),
        cmocka_unit_test (test_reply_lists_keep_fields),
        cmocka_unit_test (test_update_keeps_fields),
        cmocka_unit_test (test_event_acknowledgement_keeps_fields),
        cmocka_unit_test (test_event_bodies_keep_fields),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
