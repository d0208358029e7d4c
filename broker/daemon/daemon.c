#include "daemon/daemon.h"

#include "core/clock.h"
#include "core/code.h"
#include "core/log.h"
#include "daemon/notify.h"
#include "daemon/setup.h"
#include "daemon/signals.h"
#include "daemon/trim.h"
#include "http/http.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

//  LOOK_MS is how often the loop looks whether a Destroy request came. Fewer open files than FILES_FEW
//  are too few for many workers, and that is said.
enum { LOOK_MS = 100, ENDPOINTS_BYTES = 200, FILES_FEW = 4096 };

typedef struct {
    const gradmq_config_t *config;
    gradmq_coordinator_t *coordinator;
    gradmq_http_t *http;  //  NULL: nothing is told over HTTP
    gradmq_notify_t notify;
    gradmq_trim_t trim;
    gradmq_clock_t clock;
    int signals;
    bool well;  //  the coordinator's last answer to the watchdog
} s_daemon_t;

static gradmq_log_level_t
s_level (const char *name)
{
    static const char *const names [] = {"error", "warning", "info", "debug"};
    gradmq_log_level_t level = GRADMQ_LOG_ERROR;
    while (level < GRADMQ_LOG_DEBUG && strcmp (names [level], name) != 0)
        level++;
    return level;
}

static void
s_open_notify (s_daemon_t *self)
{
    gradmq_reason_t why = {0};
    if (gradmq_notify_open (&self->notify, getenv ("NOTIFY_SOCKET"), getenv ("WATCHDOG_USEC"),
                            getenv ("WATCHDOG_PID"), &why))
        gradmq_log (GRADMQ_LOG_WARNING, "systemd is not told anything: %s", why.text);
}

//  Where a socket is reached, with commas between; "none" for nowhere.
static void
s_list_endpoints (const s_daemon_t *self, const char *socket_name, char text [ENDPOINTS_BYTES])
{
    snprintf (text, ENDPOINTS_BYTES, "none");
    for (size_t i = 0, at = 0; at < ENDPOINTS_BYTES; i++) {
        const char *endpoint = gradmq_coordinator_endpoint (self->coordinator, socket_name, i);
        if (!endpoint)
            return;
        at += (size_t) snprintf (text + at, ENDPOINTS_BYTES - at, "%s%s", i ? "," : "", endpoint);
    }
}

static void
s_say_ready (s_daemon_t *self)
{
    static const char *const sockets [] = {"control", "gradients", "updates", "events"};
    char endpoints [4][ENDPOINTS_BYTES];
    for (size_t i = 0; i < 4; i++)
        s_list_endpoints (self, sockets [i], endpoints [i]);
    gradmq_coordinator_status_t status;
    const char *state = "?";
    if (!gradmq_coordinator_status (self->coordinator, &status, NULL))
        state = gradmq_state_name (status.state);
    gradmq_log (GRADMQ_LOG_INFO,
                "ready: model %s is %s; control %s gradients %s updates %s events %s",
                self->config->model_name, state, endpoints [0], endpoints [1], endpoints [2],
                endpoints [3]);
    gradmq_notify_send (&self->notify, "READY=1\nSTATUS=serving");
}

static void
s_feed_watchdog (s_daemon_t *self)
{
    uint64_t limit = 3 * self->config->heartbeat_ms;
    if (limit < self->notify.interval_ms)
        limit = self->notify.interval_ms;
    uint64_t idle = gradmq_coordinator_idle_ms (self->coordinator);
    bool well = gradmq_notify_live (&self->notify, gradmq_clock_ms (&self->clock), idle, limit);
    if (!well && self->well)
        gradmq_log (GRADMQ_LOG_ERROR,
                    "the coordinator has not gone round its loop for %llu ms; the watchdog is not "
                    "fed",
                    (unsigned long long) idle);
    self->well = well;
}

//  SIGHUP. Settings are changed over the control socket, the rest by a restart.
static void
s_reload (s_daemon_t *self)
{
    gradmq_reason_t why = {0};
    if (!self->config->security_authorised [0])
        gradmq_log (GRADMQ_LOG_INFO, "SIGHUP changes nothing: there are no authorised keys to read "
                                     "again; settings are changed over the control socket");
    else if (gradmq_coordinator_reload_keys (self->coordinator, &why))
        gradmq_log (GRADMQ_LOG_ERROR, "SIGHUP: nobody is authorised: %s",
                    gradmq_reason_text (&why));
}

//  Wait for the end; returns why it came.
static const char *
s_wait (s_daemon_t *self)
{
    int timeout = LOOK_MS;
    if (self->notify.interval_ms && self->notify.interval_ms < LOOK_MS)
        timeout = (int) self->notify.interval_ms;
    for (;;) {
        int number = gradmq_signals_wait (self->signals, timeout);
        if (number == SIGINT)
            return "SIGINT";
        if (number == SIGTERM)
            return "SIGTERM";
        if (number == SIGHUP)
            s_reload (self);
        if (!gradmq_coordinator_alive (self->coordinator))
            return "a Destroy request";
        s_feed_watchdog (self);
        if (gradmq_trim_look (&self->trim, gradmq_coordinator_quiet_ms (self->coordinator)))
            gradmq_log (GRADMQ_LOG_DEBUG, "nothing arrives: free memory was given back");
    }
}

static gradmq_err_t
s_open_http (s_daemon_t *self, gradmq_reason_t *why)
{
    gradmq_address_t address;
    if (!self->config->http_listen [0])
        return GRADMQ_OK;
    gradmq_err_t err = gradmq_address_read (&address, self->config->http_listen, why);
    const gradmq_http_options_t options = {.address = &address,
                                           .coordinator = self->coordinator,
                                           .heartbeat_ms = self->config->heartbeat_ms};
    if (!err)
        err = gradmq_http_open (&self->http, &options, why);
    if (!err)
        gradmq_log (GRADMQ_LOG_INFO, "HTTP is answered at http://%s/",
                    gradmq_http_address (self->http));
    return err;
}

//  Serve until the end.
static gradmq_exit_t
s_serve (s_daemon_t *self)
{
    gradmq_exit_t exit;
    gradmq_reason_t why = {0};
    if (gradmq_setup_coordinator (&self->coordinator, self->config, &exit, &why)) {
        gradmq_log (GRADMQ_LOG_ERROR, "%s", gradmq_reason_text (&why));
        return exit;
    }
    if (s_open_http (self, &why)) {
        gradmq_log (GRADMQ_LOG_ERROR, "%s", gradmq_reason_text (&why));
        exit = why.code == GRADMQ_ERR_BIND ? GRADMQ_EXIT_BIND : GRADMQ_EXIT_FAILURE;
    } else {
        s_say_ready (self);
        gradmq_log (GRADMQ_LOG_INFO, "stopping: %s", s_wait (self));
        exit = GRADMQ_EXIT_OK;
    }
    gradmq_notify_send (&self->notify, "STOPPING=1");
    gradmq_http_close (&self->http);
    gradmq_coordinator_destroy (&self->coordinator);
    gradmq_log (GRADMQ_LOG_INFO, "stopped");
    return exit;
}

gradmq_exit_t
gradmq_daemon_run (const gradmq_config_t *config)
{
    s_daemon_t self = {.config = config, .clock = gradmq_clock_real (), .well = true};
    gradmq_reason_t why = {0};
    bool tuned = gradmq_setup_memory ();
    const uint64_t files = gradmq_setup_files ();
    gradmq_log_open (stderr, s_level (config->log_level),
                     strcmp (config->log_form, "json") == 0 ? GRADMQ_LOG_JSON : GRADMQ_LOG_TEXT);
    if (!tuned)
        gradmq_log (GRADMQ_LOG_WARNING,
                    "the allocator cannot be told to keep memory; large messages will be slower");
    if (files < FILES_FEW)
        gradmq_log (GRADMQ_LOG_WARNING,
                    "%llu files may be open, enough for about %llu workers: raise the limit "
                    "(ulimit -n, or LimitNOFILE of systemd) for more",
                    (unsigned long long) files,
                    (unsigned long long) (files / GRADMQ_FILES_A_WORKER));
    if (gradmq_signals_open (&self.signals, &why)) {
        gradmq_log (GRADMQ_LOG_ERROR, "%s", why.text);
        return GRADMQ_EXIT_FAILURE;
    }
    gradmq_setup_sockets (config);
    s_open_notify (&self);
    gradmq_exit_t exit = s_serve (&self);
    gradmq_notify_close (&self.notify);
    close (self.signals);
    return exit;
}
