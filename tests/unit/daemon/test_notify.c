#include "daemon/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

//  What systemd would be: a datagram socket under a path in a folder, or under an abstract name.
typedef struct {
    char folder [64];
    char name [96];
    int fd;
} s_peer_t;

static void
s_bind (s_peer_t *self, bool abstract)
{
    snprintf (self->folder, sizeof self->folder, "/tmp/gradmq-test-XXXXXX");
    assert_non_null (mkdtemp (self->folder));
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf (self->name, sizeof self->name, "%s%s", abstract ? "@" : "", self->folder);
    if (!abstract)
        strcat (self->name, "/notify");
    size_t length = strlen (self->name);
    memcpy (address.sun_path, self->name, length);
    if (abstract)
        address.sun_path [0] = 0;
    socklen_t size = (socklen_t) (offsetof (struct sockaddr_un, sun_path) + length + !abstract);
    self->fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_true (self->fd >= 0);
    assert_int_equal (bind (self->fd, (struct sockaddr *) (void *) &address, size), 0);
}

static void
s_unbind (s_peer_t *self)
{
    close (self->fd);
    if (self->name [0] == '/')
        unlink (self->name);
    rmdir (self->folder);
}

//  The next datagram; "" when there is none.
static const char *
s_received (const s_peer_t *self)
{
    static char text [128];
    ssize_t size = recv (self->fd, text, sizeof text - 1, 0);
    text [size > 0 ? size : 0] = 0;
    return text;
}

static void
test_notify_send_arrives_at_paths_and_abstract_names (void **state)
{
    (void) state;
    for (int abstract = 0; abstract < 2; abstract++) {
        s_peer_t peer = {.fd = -1};
        gradmq_notify_t notify;
        gradmq_reason_t why = {0};
        s_bind (&peer, abstract);
        assert_int_equal (gradmq_notify_open (&notify, peer.name, NULL, NULL, &why), GRADMQ_OK);
        assert_true (gradmq_notify_send (&notify, "READY=1\nSTATUS=x"));
        assert_string_equal (s_received (&peer), "READY=1\nSTATUS=x");
        gradmq_notify_close (&notify);
        gradmq_notify_close (&notify);
        s_unbind (&peer);
    }
}

static void
test_notify_without_a_socket_is_silent (void **state)
{
    (void) state;
    gradmq_notify_t notify;
    assert_int_equal (gradmq_notify_open (&notify, NULL, "1000000", NULL, NULL), GRADMQ_OK);
    assert_false (gradmq_notify_send (&notify, "READY=1"));
    assert_true (gradmq_notify_live (&notify, 5, 1000000, 1));
    gradmq_notify_close (&notify);
    assert_int_equal (gradmq_notify_open (&notify, "", NULL, NULL, NULL), GRADMQ_OK);
    assert_int_equal (notify.fd, -1);
}

static void
test_notify_send_to_nobody_fails_and_goes_on (void **state)
{
    (void) state;
    gradmq_notify_t notify;
    assert_int_equal (gradmq_notify_open (&notify, "/tmp/gradmq-nobody-is-here", NULL, NULL, NULL),
                      GRADMQ_OK);
    assert_false (gradmq_notify_send (&notify, "READY=1"));
    gradmq_notify_close (&notify);
}

static void
test_notify_open_wrong_environment_is_refused (void **state)
{
    (void) state;
    char longest [sizeof ((struct sockaddr_un *) 0)->sun_path + 1];
    memset (longest, 'x', sizeof longest);
    longest [0] = '/';
    longest [sizeof longest - 1] = 0;
    const struct {
        const char *socket, *usec, *said;
    } rows [] = {
        {"relative", NULL, "NOTIFY_SOCKET is \"relative\""},
        {"@", NULL, "NOTIFY_SOCKET"},
        {longest, NULL, "NOTIFY_SOCKET"},
        {"/tmp/x", "0", "WATCHDOG_USEC is \"0\""},
        {"/tmp/x", "soon", "WATCHDOG_USEC is \"soon\""},
        {"/tmp/x", "-5", "WATCHDOG_USEC is \"-5\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows [0]; i++) {
        gradmq_notify_t notify;
        gradmq_reason_t why = {0};
        assert_int_equal (gradmq_notify_open (&notify, rows [i].socket, rows [i].usec, NULL, &why),
                          GRADMQ_ERR_ARGUMENT);
        assert_non_null (strstr (why.text, rows [i].said));
        assert_false (gradmq_notify_send (&notify, "READY=1"));
        assert_true (gradmq_notify_live (&notify, 0, 1, 0));
    }
}

static void
test_notify_live_is_sent_twice_an_interval_while_well (void **state)
{
    (void) state;
    s_peer_t peer = {.fd = -1};
    gradmq_notify_t notify;
    s_bind (&peer, false);
    char pid [24];
    snprintf (pid, sizeof pid, "%ld", (long) getpid ());
    assert_int_equal (gradmq_notify_open (&notify, peer.name, "3000000", pid, NULL), GRADMQ_OK);
    assert_int_equal (notify.interval_ms, 1500);
    assert_true (gradmq_notify_live (&notify, 10000, 0, 100));
    assert_string_equal (s_received (&peer), "WATCHDOG=1");
    assert_true (gradmq_notify_live (&notify, 11499, 0, 100));
    assert_string_equal (s_received (&peer), "");
    assert_true (gradmq_notify_live (&notify, 11500, 100, 100));
    assert_string_equal (s_received (&peer), "WATCHDOG=1");
    assert_false (gradmq_notify_live (&notify, 13000, 101, 100));
    assert_string_equal (s_received (&peer), "");
    assert_true (gradmq_notify_live (&notify, 14500, 3, 100));
    assert_string_equal (s_received (&peer), "WATCHDOG=1");
    gradmq_notify_close (&notify);
    s_unbind (&peer);
}

static void
test_notify_open_watchdog_of_another_process_is_not_ours (void **state)
{
    (void) state;
    gradmq_notify_t notify;
    assert_int_equal (gradmq_notify_open (&notify, "@x", "3000000", "1", NULL), GRADMQ_OK);
    assert_int_equal (notify.interval_ms, 0);
    gradmq_notify_close (&notify);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_notify_send_arrives_at_paths_and_abstract_names),
        cmocka_unit_test (test_notify_without_a_socket_is_silent),
        cmocka_unit_test (test_notify_send_to_nobody_fails_and_goes_on),
        cmocka_unit_test (test_notify_open_wrong_environment_is_refused),
        cmocka_unit_test (test_notify_live_is_sent_twice_an_interval_while_well),
        cmocka_unit_test (test_notify_open_watchdog_of_another_process_is_not_ours),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
