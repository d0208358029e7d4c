//  W-6: a header that is not a valid protobuf message of its kind is refused: MALFORMED. A header
//  longer than the limit is refused: TOO_LARGE.

#include "core/limit.h"
#include "spec/fixture/stage.h"

typedef struct {
    const char *what;
    const char *octets;
    size_t size;
} s_case_t;

#define CASE(what, octets)                                                                         \
    {                                                                                              \
        what, octets, sizeof octets - 1                                                            \
    }

//  Added to a header that is good until there.
static const s_case_t s_cases [] = {
    CASE ("a tag that does not end", "\xff"),
    CASE ("field number 0", "\x00\x01"),
    CASE ("a varint that breaks off", "\x20\x80"),
    CASE ("a varint of eleven octets", "\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
    CASE ("a length beyond the end", "\x0a\x05"
                                     "abc"),
    CASE ("a length of all ones", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
    CASE ("a fixed64 that breaks off", "\x59\x01\x02"),
    CASE ("a group", "\x33\x34"),
    CASE ("wire type 7", "\x0f"),
};

static void
test_gradient_with_a_broken_header_is_malformed (void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof s_cases / sizeof s_cases [0]; i++) {
        stage_t stage = stage_new ();
        gradmq_gradient_t gradient = stage_gradient (&stage);
        raw_t header = raw_header (GRADMQ_FRAME_GRADIENT);
        raw_identity (&header, &gradient);
        raw_add (&header, s_cases [i].octets, s_cases [i].size);
        zmsg_t *message = raw_frames (&header, stage_values (), STAGE_BYTES);
        stage_malformed (&stage, &message, GRADMQ_ERR_MALFORMED);
        stage_end (&stage);
    }
}

static void
test_request_with_a_broken_header_is_malformed_and_echoes_its_id (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof s_cases / sizeof s_cases [0]; i++) {
        raw_t request = raw_request (900 + i);
        raw_inside (&request, GRADMQ_COMMAND_STOP, raw_nothing ());
        raw_add (&request, s_cases [i].octets, s_cases [i].size);
        zmsg_t *message = raw_frames (&request, NULL, 0);
        stage_declined (&stage, &message, GRADMQ_ERR_MALFORMED);
        assert_int_equal (stage.peer->reply.request_id, 900 + i);
    }
    stage_end (&stage);
}

static void
test_field_of_another_type_is_malformed (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_gradient_t gradient = stage_gradient (&stage);
    raw_t header = raw_header (GRADMQ_FRAME_GRADIENT);
    raw_identity (&header, &gradient);
    raw_varint (&header, 10, 1);  //  weight is a double
    zmsg_t *message = raw_frames (&header, stage_values (), STAGE_BYTES);
    stage_malformed (&stage, &message, GRADMQ_ERR_MALFORMED);

    raw_t request = raw_request (77);
    raw_varint (&request, GRADMQ_COMMAND_STOP, 1);  //  a message
    message = raw_frames (&request, NULL, 0);
    stage_declined (&stage, &message, GRADMQ_ERR_MALFORMED);
    stage_end (&stage);
}

static void
test_text_that_is_not_utf8_is_malformed (void **state)
{
    (void) state;
    static const s_case_t texts [] = {
        CASE ("a lone continuation", "w\x80"), CASE ("an overlong slash", "\xc0\xaf"),
        CASE ("a surrogate", "\xed\xa0\x80"), CASE ("an octet 0", "w\0w")};
    stage_t stage = stage_new ();
    for (size_t i = 0; i < sizeof texts / sizeof texts [0]; i++) {
        gradmq_gradient_t gradient = stage_gradient (&stage);
        raw_t header = raw_header (GRADMQ_FRAME_GRADIENT);
        raw_identity (&header, &gradient);
        raw_octets (&header, 2, texts [i].octets, texts [i].size);
        zmsg_t *message = raw_frames (&header, stage_values (), STAGE_BYTES);
        stage_malformed (&stage, &message, GRADMQ_ERR_MALFORMED);
        raw_t request = raw_request (77);
        raw_octets (&request, 1, texts [i].octets, texts [i].size);
        raw_inside (&request, GRADMQ_COMMAND_STOP, raw_nothing ());
        message = raw_frames (&request, NULL, 0);
        stage_declined (&stage, &message, GRADMQ_ERR_MALFORMED);
    }
    stage_end (&stage);
}

//  A header of exactly this many octets; what it is too long with is a field that nobody knows.
static void
s_lengthen (raw_t *header, size_t size)
{
    size_t left = size - header->size - 2 - 3;  //  tag of field 100, length of three octets
    uint8_t *octets = calloc (1, left);
    assert_non_null (octets);
    raw_octets (header, 100, octets, left);
    free (octets);
    assert_int_equal (header->size, size);
}

static void
test_header_longer_than_the_limit_is_too_large (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_gradient_t gradient = stage_gradient (&stage);
    raw_t header = raw_header (GRADMQ_FRAME_GRADIENT);
    raw_identity (&header, &gradient);
    s_lengthen (&header, GRADMQ_HEADER_BYTES_MAX + 1);
    zmsg_t *message = raw_frames (&header, stage_values (), STAGE_BYTES);
    stage_malformed (&stage, &message, GRADMQ_ERR_TOO_LARGE);

    raw_t request = raw_request (77);
    raw_inside (&request, GRADMQ_COMMAND_STOP, raw_nothing ());
    s_lengthen (&request, GRADMQ_HEADER_BYTES_MAX + 1);
    message = raw_frames (&request, NULL, 0);
    stage_declined (&stage, &message, GRADMQ_ERR_TOO_LARGE);
    stage_end (&stage);
}

static void
test_header_of_exactly_the_limit_is_taken (void **state)
{
    (void) state;
    stage_t stage = stage_new ();
    gradmq_gradient_t gradient = stage_gradient (&stage);
    raw_t header = raw_header (GRADMQ_FRAME_GRADIENT);
    raw_identity (&header, &gradient);
    s_lengthen (&header, GRADMQ_HEADER_BYTES_MAX);
    zmsg_t *message = raw_frames (&header, stage_values (), STAGE_BYTES);
    peer_push_frames (stage.peer, &message);
    peer_settle (stage.peer, STAGE_WORKER, stage.worker, 1);
    assert_int_equal (stage.peer->reply.ack.applied, 1);
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_gradient_with_a_broken_header_is_malformed),
        cmocka_unit_test (test_request_with_a_broken_header_is_malformed_and_echoes_its_id),
        cmocka_unit_test (test_field_of_another_type_is_malformed),
        cmocka_unit_test (test_text_that_is_not_utf8_is_malformed),
        cmocka_unit_test (test_header_longer_than_the_limit_is_too_large),
        cmocka_unit_test (test_header_of_exactly_the_limit_is_taken),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
