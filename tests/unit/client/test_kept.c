//  A gradient that is kept: when ZeroMQ has let go of it.

#include "kept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { BYTES = 100000, LOOKS_MAX = 20000 };

static void
test_leaving_ends_with_the_connection (void **state)
{
    (void) state;
    void *zmq = zmq_ctx_new ();
    void *from = zmq_socket (zmq, ZMQ_PUSH);
    void *to = zmq_socket (zmq, ZMQ_PULL);
    assert_int_equal (zmq_bind (to, "inproc://to"), 0);
    assert_int_equal (zmq_connect (from, "inproc://to"), 0);
    gradmq_buffers_t *buffers = gradmq_buffers_new ();
    gradmq_kept_t kept = {.buffer = gradmq_buffers_take (buffers, BYTES)};
    assert_non_null (kept.buffer);
    assert_true (gradmq_buffer_cut (kept.buffer, BYTES, 1));
    assert_true (gradmq_kept_header (&kept, "hdr", 3));
    assert_false (gradmq_kept_leaving (&kept, from));
    assert_int_equal (gradmq_kept_send (&kept, from), GRADMQ_SENT);
    assert_true (gradmq_kept_leaving (&kept, from));  //  nobody has read it
    zmq_close (to);
    for (int looks = 0; looks < LOOKS_MAX && gradmq_kept_leaving (&kept, from); looks++)
        zmq_poll (NULL, 0, 1);
    assert_false (gradmq_kept_leaving (&kept, from));
    gradmq_kept_clear (&kept);
    gradmq_buffers_destroy (&buffers);
    zmq_close (from);
    zmq_ctx_term (zmq);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_leaving_ends_with_the_connection),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
