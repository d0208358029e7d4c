//  A subscriber to everything that a coordinator publishes, a line each: heartbeats, notices,
//  updates. Ends when the coordinator closes.
//
//      program.listener CONTROL

#include "client.h"
#include "core/code.h"

#include <inttypes.h>
#include <stdio.h>

enum { LOOK_MS = 1000 };

static void
s_say_event (const gradmq_event_t *event)
{
    const gradmq_heartbeat_t *heartbeat = &event->heartbeat;
    const gradmq_notice_body_t *notice = &event->notice;
    if (event->kind == GRADMQ_EVENT_HEARTBEAT)
        printf ("heartbeat %s members=%" PRIu32 " version=%" PRIu64 "\n",
                gradmq_state_name (heartbeat->state), heartbeat->members, event->position.version);
    else if (event->kind == GRADMQ_EVENT_NOTICE)
        printf ("notice %s worker=%s: %s\n", gradmq_notice_name (notice->notice),
                notice->worker ? notice->worker : "", notice->message ? notice->message : "");
    else if (event->kind == GRADMQ_EVENT_MALFORMED)
        printf ("malformed %s\n", gradmq_err_name ((gradmq_err_t) event->malformed.code));
}

//  Until the end: an error but for silence, or the notice that the coordinator closes.
static gradmq_err_t
s_listen (gradmq_watch_t *watch, gradmq_reason_t *why)
{
    for (;;) {
        gradmq_watched_t watched;
        gradmq_err_t err = gradmq_watch_next (watch, LOOK_MS, &watched, why);
        if (err == GRADMQ_ERR_TIMEOUT)
            continue;
        if (err)
            return err;
        if (watched.update)
            printf ("update version=%" PRIu64 " bytes=%" PRIu64 "\n",
                    watched.update->position.version, watched.payload_bytes);
        if (!watched.event)
            continue;
        s_say_event (watched.event);
        if (watched.event->kind == GRADMQ_EVENT_NOTICE
            && watched.event->notice.notice == GRADMQ_NOTICE_CLOSING)
            return GRADMQ_OK;
    }
}

int
main (int argc, char **argv)
{
    setvbuf (stdout, NULL, _IOLBF, 0);
    gradmq_remote_t *remote = NULL;
    gradmq_watch_t *watch = NULL;
    gradmq_reason_t why = {GRADMQ_OK, ""};
    const unsigned what =
        GRADMQ_WATCH_EVENTS | GRADMQ_WATCH_WORKERS | GRADMQ_WATCH_MALFORMED | GRADMQ_WATCH_UPDATES;
    const gradmq_options_t options = {.control = argc > 1 ? argv [1] : NULL};
    gradmq_err_t err = gradmq_remote_open (&remote, &options, &why);
    if (!err)
        err = gradmq_watch_open (&watch, remote, what, NULL, &why);
    if (!err) {
        puts ("listening");
        err = s_listen (watch, &why);
    }
    if (err)
        printf ("failed %s: %s\n", gradmq_err_name (err), why.text);
    gradmq_watch_close (&watch);
    gradmq_remote_close (&remote);
    return err ? 1 : 0;
}
