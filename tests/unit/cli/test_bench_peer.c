#include "cli/bench/peer.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 20000

//  Answers each note with its count doubled.
static gradmq_err_t
s_double (int wire, const void *argument, gradmq_reason_t *reason)
{
    (void) argument;
    gradmq_bench_note_t note;
    gradmq_err_t err;
    while (!(err = gradmq_bench_hear (wire, -1, &note, reason))) {
        note.count *= 2;
        gradmq_bench_tell (wire, &note);
    }
    return err;
}

static gradmq_err_t
s_give_up (int wire, const void *argument, gradmq_reason_t *reason)
{
    (void) wire;
    return gradmq_refuse (reason, GRADMQ_ERR_CONNECT, "nobody at %s", (const char *) argument);
}

static gradmq_err_t
s_end (int wire, const void *argument, gradmq_reason_t *reason)
{
    (void) wire;
    (void) argument;
    (void) reason;
    return GRADMQ_OK;
}

static void
test_open_note_is_answered (void **state)
{
    (void) state;
    gradmq_bench_peer_t peer = {0};
    gradmq_bench_note_t note = {.count = 21};
    assert_int_equal (gradmq_bench_peer_open (&peer, s_double, NULL, NULL), GRADMQ_OK);
    gradmq_bench_tell (peer.wire, &note);
    assert_int_equal (gradmq_bench_hear (peer.wire, WAIT_MS, &note, NULL), GRADMQ_OK);
    assert_int_equal (note.count, 42);
    pid_t process = peer.process;
    gradmq_bench_peer_close (&peer);
    assert_int_equal (peer.process, 0);
    assert_int_equal (kill (process, 0), -1);
    assert_int_equal (errno, ESRCH);
    gradmq_bench_peer_close (&peer);
}

static void
test_hear_from_a_process_that_gives_up_tells_why (void **state)
{
    (void) state;
    gradmq_bench_peer_t peer = {0};
    gradmq_bench_note_t note;
    gradmq_reason_t why;
    assert_int_equal (gradmq_bench_peer_open (&peer, s_give_up, "home", NULL), GRADMQ_OK);
    assert_int_equal (gradmq_bench_hear (peer.wire, WAIT_MS, &note, &why), GRADMQ_ERR_CONNECT);
    assert_string_equal (why.text, "nobody at home");
    gradmq_bench_peer_close (&peer);
}

static void
test_hear_from_a_process_that_is_gone_is_refused (void **state)
{
    (void) state;
    gradmq_bench_peer_t peer = {0};
    gradmq_bench_note_t note;
    assert_int_equal (gradmq_bench_peer_open (&peer, s_end, NULL, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_bench_hear (peer.wire, WAIT_MS, &note, NULL), GRADMQ_ERR_CLOSED);
    gradmq_bench_tell (peer.wire, &note);
    gradmq_bench_peer_close (&peer);
}

static void
test_hear_nothing_in_time_is_refused (void **state)
{
    (void) state;
    gradmq_bench_peer_t peer = {0};
    gradmq_bench_note_t note;
    assert_int_equal (gradmq_bench_peer_open (&peer, s_double, NULL, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_bench_hear (peer.wire, 1, &note, NULL), GRADMQ_ERR_TIMEOUT);
    gradmq_bench_peer_close (&peer);
}

static void
test_exec_of_a_program_that_is_not_there_is_gone (void **state)
{
    (void) state;
    gradmq_bench_peer_t peer = {0};
    gradmq_bench_note_t note;
    const char *const arguments [] = {"/nowhere/at/all", NULL};
    assert_int_equal (gradmq_bench_peer_exec (&peer, arguments, STDERR_FILENO, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_bench_hear (peer.wire, WAIT_MS, &note, NULL), GRADMQ_ERR_CLOSED);
    gradmq_bench_peer_close (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_open_note_is_answered),
        cmocka_unit_test (test_hear_from_a_process_that_gives_up_tells_why),
        cmocka_unit_test (test_hear_from_a_process_that_is_gone_is_refused),
        cmocka_unit_test (test_hear_nothing_in_time_is_refused),
        cmocka_unit_test (test_exec_of_a_program_that_is_not_there_is_gone),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
