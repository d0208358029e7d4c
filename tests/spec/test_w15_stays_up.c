//  W-15: whatever arrives, the coordinator stays up, and parameters and other workers are untouched.
//  What cannot be attributed is counted and told, at most 10 times a second; a request is always
//  answered.

#include "spec/fixture/stage.h"

//  The same octets in every run: xorshift64.
static uint64_t
s_random (uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

//  One to four frames of up to 90 octets; every other begins with a good preamble of this kind.
static zmsg_t *
s_garbage (uint64_t *seed, gradmq_frame_kind_t kind)
{
    const uint8_t preamble [] = {0x47, 0x4d, 0x51, 0xf1, 1, (uint8_t) kind, 0, 0};
    zmsg_t *message = zmsg_new ();
    size_t frames = 1 + s_random (seed) % 4;
    for (size_t i = 0; i < frames; i++) {
        uint8_t octets [90];
        size_t size = s_random (seed) % sizeof octets;
        for (size_t j = 0; j < size; j++)
            octets [j] = (uint8_t) s_random (seed);
        if (i == 0 && s_random (seed) % 2 && size > sizeof preamble)
            memcpy (octets, preamble, sizeof preamble);
        zmsg_addmem (message, octets, size);
    }
    return message;
}

static void
test_flood_of_garbage_is_counted_and_told_ten_times_a_second (void **state)
{
    (void) state;
    enum { FLOOD = 2000 };
    uint64_t seed = 20240131;
    stage_t stage = stage_new ();
    int64_t begin = zclock_mono ();
    for (int i = 0; i < FLOOD; i++) {
        zmsg_t *message = s_garbage (&seed, GRADMQ_FRAME_GRADIENT);
        peer_push_frames (stage.peer, &message);
    }
    peer_wait_counter (stage.peer, "malformed", FLOOD);
    assert_int_equal (peer_counter (stage.peer, "malformed"), FLOOD);
    int64_t seconds = (zclock_mono () - begin) / 1000 + 1;
    gradmq_request_t sync = {.command = GRADMQ_COMMAND_SYNC, .nonce = 0xabcdef};
    zsock_set_subscribe (stage.peer->events, "sync/0000000000abcdef/");
    assert_int_equal (peer_request (stage.peer, &sync, NULL, 0), GRADMQ_OK);
    zsock_set_rcvtimeo (stage.peer->events, 200);
    int told = 0;
    for (zmsg_t *message; (message = zmsg_recv (stage.peer->events)); zmsg_destroy (&message))
        told += zframe_streq (zmsg_first (message), "malformed/" PEER_MODEL "/");
    assert_true (told >= 1 && told <= 10 * (seconds + 1));
    stage_end (&stage);
}

static void
test_every_garbage_request_is_answered_with_a_code_and_a_sentence (void **state)
{
    (void) state;
    uint64_t seed = 20240201;
    stage_t stage = stage_new ();
    for (int i = 0; i < 500; i++) {
        zmsg_t *message = s_garbage (&seed, GRADMQ_FRAME_REQUEST);
        assert_int_not_equal (peer_request_frames (stage.peer, &message), GRADMQ_OK);
        assert_non_null (stage.peer->reply.message);
        assert_true (strlen (stage.peer->reply.message) > 0);
    }
    assert_true (peer_counter (stage.peer, "requests_refused") >= 500);
    stage_end (&stage);
}

//  A good header, one octet of it changed: each place, three values.
static void
test_every_octet_of_a_header_can_be_wrong (void **state)
{
    (void) state;
    const uint8_t changes [] = {0x01, 0x80, 0xff};
    stage_t stage = stage_new ();
    gradmq_gradient_t gradient = stage_gradient (&stage);
    gradient.layout = 1;  //  so that none of them can be applied
    zmsg_t *sample = peer_frames (&gradient, stage_values (), STAGE_BYTES);
    size_t size = zframe_size (zmsg_first (sample));
    uint64_t pushed = 0;
    for (size_t at = 0; at < size; at++)
        for (size_t i = 0; i < sizeof changes; i++) {
            zmsg_t *message = zmsg_dup (sample);
            zframe_data (zmsg_first (message)) [at] ^= changes [i];
            peer_push_frames (stage.peer, &message);
            pushed++;
        }
    zmsg_destroy (&sample);
    int64_t end = zclock_mono () + PEER_WAIT_MS;
    while (peer_counter (stage.peer, "malformed") + peer_counter (stage.peer, "refused")
               + peer_counter (stage.peer, "turned_away") + peer_counter (stage.peer, "duplicates")
           < pushed)
        assert_true (zclock_mono () < end);
    assert_int_equal (peer_counter (stage.peer, "applied"), 0);
    peer_assert_untouched (stage.peer, STAGE_ELEMENTS);
    gradmq_gradient_t good = peer_gradient (stage.peer, STAGE_BYSTANDER, stage.bystander, 1);
    peer_push (stage.peer, &good, stage_values (), STAGE_ELEMENTS);
    peer_settle (stage.peer, STAGE_BYSTANDER, stage.bystander, 1);
    assert_int_equal (stage.peer->reply.ack.applied, 1);
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_flood_of_garbage_is_counted_and_told_ten_times_a_second),
        cmocka_unit_test (test_every_garbage_request_is_answered_with_a_code_and_a_sentence),
        cmocka_unit_test (test_every_octet_of_a_header_can_be_wrong),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
