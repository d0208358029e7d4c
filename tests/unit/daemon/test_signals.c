#include "daemon/signals.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static void
test_signals_wait_tells_what_came_and_nothing_else (void **state)
{
    (void) state;
    int fd;
    assert_int_equal (gradmq_signals_open (&fd, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_signals_wait (fd, 0), 0);
    static const int signals [] = {SIGHUP, SIGINT, SIGTERM};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal (kill (getpid (), signals [i]), 0);
        assert_int_equal (gradmq_signals_wait (fd, 1000), signals [i]);
        assert_int_equal (gradmq_signals_wait (fd, 0), 0);
    }
    close (fd);
}

static void
test_signals_open_ignores_broken_pipes (void **state)
{
    (void) state;
    int fd, pipes [2];
    assert_int_equal (gradmq_signals_open (&fd, NULL), GRADMQ_OK);
    assert_int_equal (pipe (pipes), 0);
    close (pipes [0]);
    assert_int_equal (write (pipes [1], "x", 1), -1);
    close (pipes [1]);
    close (fd);
}

static void *
s_idle (void *end)
{
    struct pollfd wanted = {.fd = *(int *) end, .events = POLLIN};
    while (poll (&wanted, 1, -1) < 0) {
        //  It was given a signal.
    }
    return NULL;
}

//  As libraries do that start threads when they are loaded.
static void
test_signals_wait_tells_what_an_older_thread_was_given (void **state)
{
    (void) state;
    int fd, pipes [2];
    pthread_t thread;
    sigset_t set, before;
    sigemptyset (&set);
    sigaddset (&set, SIGHUP);
    assert_int_equal (pipe (pipes), 0);
    assert_int_equal (pthread_sigmask (SIG_UNBLOCK, &set, &before), 0);
    assert_int_equal (pthread_create (&thread, NULL, s_idle, &pipes [0]), 0);
    assert_int_equal (pthread_sigmask (SIG_SETMASK, &before, NULL), 0);
    assert_int_equal (gradmq_signals_open (&fd, NULL), GRADMQ_OK);
    assert_int_equal (pthread_kill (thread, SIGHUP), 0);
    assert_int_equal (gradmq_signals_wait (fd, 10000), SIGHUP);
    assert_int_equal (kill (getpid (), SIGHUP), 0);
    assert_int_equal (gradmq_signals_wait (fd, 10000), SIGHUP);
    close (pipes [1]);
    assert_int_equal (pthread_join (thread, NULL), 0);
    close (pipes [0]);
    close (fd);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_signals_wait_tells_what_came_and_nothing_else),
        cmocka_unit_test (test_signals_open_ignores_broken_pipes),
        cmocka_unit_test (test_signals_wait_tells_what_an_older_thread_was_given),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
