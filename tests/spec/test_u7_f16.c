//  U-7: a finite parameter that does not fit into F16 is sent as the greatest finite number of its
//  sign.

#include "spec/fixture/act.h"

static void
test_f16_saturates_and_rounds_to_even (void **state)
{
    (void) state;
    static const float values [] = {1e6f,   -3e38f, 65504, 65519, 65520,
                                    -65536, 1,      2049,  2051,  6e-8f};
    static const uint16_t wanted [] = {0x7bff, 0xfbff, 0x7bff, 0x7bff, 0x7bff,
                                       0xfbff, 0x3c00, 0x6800, 0x6802, 0x0001};
    enum { COUNT = sizeof values / sizeof values [0] };
    peer_t *peer = peer_new ();
    act_load_vector (peer, values, COUNT);
    gradmq_request_t get = {.command = GRADMQ_COMMAND_GET_MODEL_PARAMETERS, .stream = "f16"};
    assert_int_equal (peer_request (peer, &get, NULL, 0), GRADMQ_OK);
    const uint8_t *bytes = zframe_data (zmsg_first (peer->reply_payload));
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal (bytes [2 * i] | bytes [2 * i + 1] << 8, wanted [i]);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_f16_saturates_and_rounds_to_even),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
