//  Signals belong to the program that a coordinator runs in: it does not catch them, and calls that they
//  interrupt come to what they come to without.

#include "gradmq_coordinator.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/time.h>

#include <cmocka.h>

enum { CALLS = 5000, OPENED = 20, EVERY_US = 100 };

static atomic_int s_caught;  //  by whichever thread the signal came to

static void
s_catch (int number)
{
    (void) number;
    atomic_fetch_add (&s_caught, 1);
}

static void
s_handle (int number, void (*handler) (int))
{
    struct sigaction action;
    memset (&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    assert_int_equal (sigaction (number, &action, NULL), 0);
}

static void
s_assert_handler (int number, void (*handler) (int))
{
    struct sigaction now;
    assert_int_equal (sigaction (number, NULL, &now), 0);
    assert_true (now.sa_handler == handler);
}

//  A signal each `us`; 0: none any more.
static void
s_interrupt (int us)
{
    const struct itimerval timer = {{0, us}, {0, us}};
    assert_int_equal (setitimer (ITIMER_REAL, &timer, NULL), 0);
}

//  The first of all tests here: CZMQ looks at signals once in the life of a process.
static void
test_open_leaves_signals_to_the_program (void **state)
{
    (void) state;
    gradmq_coordinator_t *self;
    s_handle (SIGTERM, s_catch);
    assert_int_equal (gradmq_coordinator_open (&self, NULL, NULL), GRADMQ_OK);
    assert_non_null (gradmq_coordinator_zmq_context ());
    s_assert_handler (SIGINT, SIG_DFL);
    s_assert_handler (SIGTERM, s_catch);
    gradmq_coordinator_destroy (&self);
    s_assert_handler (SIGTERM, s_catch);
    s_handle (SIGTERM, SIG_DFL);
}

static void
test_call_interrupted_by_signals_is_answered (void **state)
{
    (void) state;
    gradmq_coordinator_t *self;
    s_handle (SIGALRM, s_catch);
    assert_int_equal (gradmq_coordinator_open (&self, NULL, NULL), GRADMQ_OK);
    atomic_store (&s_caught, 0);
    s_interrupt (EVERY_US);
    for (int i = 0; i < CALLS; i++) {
        gradmq_coordinator_status_t status = {.instance = 0};
        assert_int_equal (gradmq_coordinator_status (self, &status, NULL), GRADMQ_OK);
        assert_true (status.instance != 0);
    }
    s_interrupt (0);
    assert_true (atomic_load (&s_caught) > 0);
    gradmq_coordinator_destroy (&self);
}

static void
test_open_and_destroy_interrupted_by_signals_are_done (void **state)
{
    (void) state;
    s_handle (SIGALRM, s_catch);
    atomic_store (&s_caught, 0);
    s_interrupt (EVERY_US);
    for (int i = 0; i < OPENED; i++) {
        gradmq_coordinator_t *self;
        gradmq_coordinator_options_t options = {.events = "tcp://127.0.0.1:*"};
        assert_int_equal (gradmq_coordinator_open (&self, &options, NULL), GRADMQ_OK);
        gradmq_coordinator_destroy (&self);
    }
    s_interrupt (0);
    assert_true (atomic_load (&s_caught) > 0);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_open_leaves_signals_to_the_program),
        cmocka_unit_test (test_call_interrupted_by_signals_is_answered),
        cmocka_unit_test (test_open_and_destroy_interrupted_by_signals_are_done),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
