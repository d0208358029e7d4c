//  Buffers: warm ones come back, frames end where they may, ZeroMQ's references are counted.

#include "buffer.h"
#include "frames.h"

#include "core/limit.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/time.h>
#include <cmocka.h>

static void
test_take_after_release_is_the_same_memory (void **state)
{
    (void) state;
    gradmq_buffers_t *buffers = gradmq_buffers_new ();
    gradmq_buffer_t *buffer = gradmq_buffers_take (buffers, 100000);
    void *data = gradmq_buffer_data (buffer);
    memset (data, 1, 100000);
    gradmq_buffer_release (&buffer);
    assert_null (buffer);
    buffer = gradmq_buffers_take (buffers, 90000);
    assert_ptr_equal (gradmq_buffer_data (buffer), data);
    assert_int_equal (gradmq_buffer_bytes (buffer), 90000);
    gradmq_buffer_t *small = gradmq_buffers_take (buffers, 10);
    assert_ptr_not_equal (gradmq_buffer_data (small), data);
    gradmq_buffer_release (&small);
    gradmq_buffers_destroy (&buffers);  //  lives until its last buffer came back
    memset (gradmq_buffer_data (buffer), 2, 90000);
    gradmq_buffer_release (&buffer);
}

static int s_released;

static void
s_release (void *data, void *context)
{
    (void) data;
    (void) context;
    s_released++;
}

static void
test_wrap_releases_with_the_last_reference (void **state)
{
    (void) state;
    char data [8];
    gradmq_buffers_t *buffers = gradmq_buffers_new ();
    gradmq_buffer_t *buffer = gradmq_buffers_wrap (buffers, data, sizeof data, s_release, NULL);
    gradmq_buffer_t *other = gradmq_buffer_acquire (buffer);
    assert_true (gradmq_buffer_shared (buffer));
    gradmq_buffer_release (&buffer);
    assert_int_equal (s_released, 0);
    assert_false (gradmq_buffer_shared (other));
    gradmq_buffer_release (&other);
    assert_int_equal (s_released, 1);
    buffer = gradmq_buffers_wrap (buffers, data, sizeof data, s_release, NULL);
    gradmq_buffer_disown (&buffer);
    assert_int_equal (s_released, 1);
    gradmq_buffers_destroy (&buffers);
}

//  Send it over a pair and give what arrived.
static void
s_send (gradmq_buffer_t *buffer, gradmq_frames_t *frames)
{
    void *zmq = zmq_ctx_new ();
    void *a = zmq_socket (zmq, ZMQ_PAIR);
    void *b = zmq_socket (zmq, ZMQ_PAIR);
    int none = 0;
    zmq_setsockopt (a, ZMQ_SNDHWM, &none, sizeof none);
    assert_int_equal (zmq_bind (a, "inproc://a"), 0);
    assert_int_equal (zmq_connect (b, "inproc://a"), 0);
    zmq_msg_t header;
    zmq_msg_init_size (&header, 3);
    memcpy (zmq_msg_data (&header), "hdr", 3);
    assert_int_equal (gradmq_buffer_send (buffer, &header, a), GRADMQ_SENT);
    assert_true (gradmq_frames_receive (frames, b));
    assert_false (gradmq_frames_receive (&(gradmq_frames_t){0}, b));
    zmq_msg_close (&header);
    zmq_close (a);
    zmq_close (b);
    zmq_ctx_term (zmq);
}

static void
test_send_is_cut_into_frames_and_joined_again (void **state)
{
    (void) state;
    const size_t bytes = 3 * GRADMQ_FRAME_BYTES_USUAL + 12;
    gradmq_buffers_t *buffers = gradmq_buffers_new ();
    gradmq_buffer_t *buffer = gradmq_buffers_take (buffers, bytes);
    uint8_t *data = (uint8_t *) gradmq_buffer_data (buffer);
    for (size_t i = 0; i < bytes; i++)
        data [i] = (uint8_t) (i * 7 + i / 1000);
    assert_true (gradmq_buffer_cut (buffer, bytes, 4));
    gradmq_frames_t frames = {0};
    for (int again = 0; again < 2; again++) {
        s_send (buffer, &frames);
        assert_int_equal (frames.count, 5);
        assert_int_equal (gradmq_frames_size (&frames, 1), GRADMQ_FRAME_BYTES_USUAL);
        assert_int_equal (gradmq_frames_size (&frames, 4), 12);
        assert_int_equal (gradmq_frames_bytes (&frames, 1), bytes);
        assert_true (gradmq_buffer_shared (buffer));
        gradmq_buffer_t *copy = gradmq_buffers_take (buffers, bytes);
        gradmq_frames_copy (&frames, 1, gradmq_buffer_data (copy));
        assert_memory_equal (gradmq_buffer_data (copy), data, bytes);
        gradmq_buffer_release (&copy);
        gradmq_frames_clear (&frames);
        assert_false (gradmq_buffer_shared (buffer));
    }
    gradmq_frames_free (&frames);
    gradmq_buffer_release (&buffer);
    gradmq_buffers_destroy (&buffers);
}

//  Rule W-12: three indices shift all elements of eight octets behind them by four.
static void
test_cut_never_ends_inside_an_element (void **state)
{
    (void) state;
    const uint64_t indices = 12;
    const uint64_t elements = 2 * GRADMQ_FRAME_BYTES_USUAL;
    gradmq_buffers_t *buffers = gradmq_buffers_new ();
    gradmq_buffer_t *buffer = gradmq_buffers_take (buffers, indices + elements);
    memset (gradmq_buffer_data (buffer), 3, indices + elements);
    assert_true (gradmq_buffer_cut (buffer, indices, 4));
    assert_true (gradmq_buffer_cut (buffer, elements, 8));
    gradmq_frames_t frames = {0};
    s_send (buffer, &frames);
    uint64_t end = 0;
    for (size_t i = 1; i < frames.count; i++) {
        assert_true (gradmq_frames_size (&frames, i) > 0);
        assert_true (gradmq_frames_size (&frames, i) <= GRADMQ_FRAME_BYTES_USUAL);
        end += gradmq_frames_size (&frames, i);
        assert_int_equal ((end - indices) % 8, 0);
    }
    assert_int_equal (end, indices + elements);
    gradmq_frames_free (&frames);
    gradmq_buffer_release (&buffer);
    gradmq_buffers_destroy (&buffers);
}

static volatile sig_atomic_t s_caught;

static void
s_catch (int number)
{
    (void) number;
    s_caught = s_caught + 1;
}

//  A signal each `us`; 0: none any more.
static void
s_interrupt (int us)
{
    const struct itimerval timer = {{0, us}, {0, us}};
    struct sigaction action = {.sa_handler = s_catch, .sa_flags = SA_RESTART};
    assert_int_equal (sigaction (SIGALRM, &action, NULL), 0);
    assert_int_equal (setitimer (ITIMER_REAL, &timer, NULL), 0);
}

//  What does not wait can be interrupted, too: each message is taken whole, and is there at once.
static void
test_send_and_receive_interrupted_by_signals_lose_nothing (void **state)
{
    (void) state;
    enum { MESSAGES = 100000, ELEMENTS = 4 };
    void *zmq = zmq_ctx_new ();
    void *a = zmq_socket (zmq, ZMQ_PAIR);
    void *b = zmq_socket (zmq, ZMQ_PAIR);
    assert_int_equal (zmq_bind (a, "inproc://a"), 0);
    assert_int_equal (zmq_connect (b, "inproc://a"), 0);
    gradmq_buffers_t *buffers = gradmq_buffers_new ();
    gradmq_buffer_t *buffer = gradmq_buffers_take (buffers, ELEMENTS * 4);
    memset (gradmq_buffer_data (buffer), 5, ELEMENTS * 4);
    for (int i = 0; i < ELEMENTS; i++)
        assert_true (gradmq_buffer_cut (buffer, 4, 4));
    zmq_msg_t header;
    gradmq_frames_t frames = {0};
    zmq_msg_init_size (&header, 3);
    memcpy (zmq_msg_data (&header), "hdr", 3);
    s_interrupt (100);
    for (int i = 0; i < MESSAGES; i++) {
        assert_int_equal (gradmq_buffer_send (buffer, &header, a), GRADMQ_SENT);
        assert_true (gradmq_frames_receive (&frames, b));
        assert_int_equal (gradmq_frames_bytes (&frames, 0), 3 + ELEMENTS * 4);
        assert_false (gradmq_frames_receive (&frames, b));
    }
    s_interrupt (0);
    assert_true (s_caught > 0);
    zmq_msg_close (&header);
    gradmq_frames_free (&frames);
    gradmq_buffer_release (&buffer);
    gradmq_buffers_destroy (&buffers);
    zmq_close (a);
    zmq_close (b);
    zmq_ctx_term (zmq);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_take_after_release_is_the_same_memory),
        cmocka_unit_test (test_wrap_releases_with_the_last_reference),
        cmocka_unit_test (test_send_is_cut_into_frames_and_joined_again),
        cmocka_unit_test (test_cut_never_ends_inside_an_element),
        cmocka_unit_test (test_send_and_receive_interrupted_by_signals_lose_nothing),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
