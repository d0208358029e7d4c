#include "http/self.h"

#include "core/code.h"
#include "http/document.h"
#include "http/page.h"

#include <stdlib.h>
#include <string.h>

#define TEXT "text/plain; charset=utf-8"
#define JSON "application/json"

//  An answer on its way.
typedef struct {
    unsigned status;
    const char *type;
    const char *fixed;  //  its text, or
    char *text;         //  from malloc; NULL with `fixed` NULL: out of memory
    size_t size;
} s_answer_t;

//  What every answer says beside its text: nobody keeps it, guesses its type, puts it into a frame, or has
//  it load or reach anything elsewhere.
static const char *const s_headers [][2] = {
    {"Cache-Control", "no-store"},
    {"Connection", "close"},
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
};

//    owns    takes the response
static enum MHD_Result
s_queue (struct MHD_Connection *connection, unsigned status, const char *type,
         struct MHD_Response *response)
{
    if (!response)
        return MHD_NO;
    gradmq_http_library ()->add_response_header (response, "Content-Type", type);
    for (size_t i = 0; i < sizeof s_headers / sizeof s_headers [0]; i++)
        gradmq_http_library ()->add_response_header (response, s_headers [i][0], s_headers [i][1]);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        gradmq_http_library ()->add_response_header (response, "Allow", "GET, HEAD");
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
        gradmq_http_library ()->add_response_header (response, "Retry-After", "5");
    enum MHD_Result result = gradmq_http_library ()->queue_response (connection, status, response);
    gradmq_http_library ()->destroy_response (response);
    return result;
}

static s_answer_t
s_say (unsigned status, const char *words)
{
    return (s_answer_t){.status = status, .type = TEXT, .fixed = words, .size = strlen (words)};
}

static s_answer_t
s_printed (unsigned status, const char *words, const char *detail)
{
    s_answer_t answer = {.status = status, .type = TEXT};
    int length = asprintf (&answer.text, "%s%s%s\n", words, detail [0] ? ": " : "", detail);
    if (length < 0)
        answer.text = NULL;
    answer.size = length < 0 ? 0 : (size_t) length;
    return answer;
}

static enum MHD_Result
s_send (struct MHD_Connection *connection, const s_answer_t *answer)
{
    if (!answer->fixed && !answer->text) {
        const s_answer_t failed = s_say (MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory\n");
        return s_send (connection, &failed);
    }
    const char *text = answer->text ? answer->text : answer->fixed;
    struct MHD_Response *response = gradmq_http_library ()->create_response_from_buffer (
        answer->size, (void *) (uintptr_t) text,
        answer->text ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    if (!response)
        free (answer->text);
    return s_queue (connection, answer->status, answer->type, response);
}

//  --------------------------------------------------------------------------------------------
//  What can be asked for: path.def

//  Why the coordinator is not healthy; NULL where it is.
static const char *
s_ill (const gradmq_http_t *self)
{
    if (!gradmq_coordinator_alive (self->coordinator))
        return "the coordinator is closing";
    if (gradmq_coordinator_idle_ms (self->coordinator) > self->healthy_ms)
        return "the coordinator has not gone round its loop for too long";
    return NULL;
}

static enum MHD_Result
s_healthz (const gradmq_http_t *self, struct MHD_Connection *connection)
{
    const char *ill = s_ill (self);
    const s_answer_t answer =
        ill ? s_printed (MHD_HTTP_SERVICE_UNAVAILABLE, ill, "") : s_say (MHD_HTTP_OK, "healthy\n");
    return s_send (connection, &answer);
}

static enum MHD_Result
s_readyz (const gradmq_http_t *self, struct MHD_Connection *connection)
{
    gradmq_view_t *view = gradmq_lookout_view (self->lookout);
    const gradmq_status_report_t *status = &view->look->status.status;
    bool loaded = status->state == GRADMQ_STATE_RUNNING || status->state == GRADMQ_STATE_STOPPED;
    const char *ill = s_ill (self);
    const s_answer_t answer =
        ill ? s_printed (MHD_HTTP_SERVICE_UNAVAILABLE, ill, "")
            : s_printed (loaded ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
                         gradmq_state_name (status->state), status->why ? status->why : "");
    gradmq_view_release (&view);
    return s_send (connection, &answer);
}

static enum MHD_Result
s_metrics (const gradmq_http_t *self, struct MHD_Connection *connection)
{
    s_answer_t answer = {.status = MHD_HTTP_OK, .type = "text/plain; version=0.0.4; charset=utf-8"};
    gradmq_view_t *view = gradmq_lookout_view (self->lookout);
    uint64_t idle = gradmq_coordinator_idle_ms (self->coordinator);
    answer.text = gradmq_document_metrics (view, idle, &answer.size);
    gradmq_view_release (&view);
    return s_send (connection, &answer);
}

static enum MHD_Result
s_status (const gradmq_http_t *self, struct MHD_Connection *connection)
{
    s_answer_t answer = {.status = MHD_HTTP_OK, .type = JSON};
    gradmq_view_t *view = gradmq_lookout_view (self->lookout);
    answer.text = gradmq_document_status_json (view, &answer.size);
    gradmq_view_release (&view);
    return s_send (connection, &answer);
}

static enum MHD_Result
s_history (const gradmq_http_t *self, struct MHD_Connection *connection)
{
    s_answer_t answer = {.status = MHD_HTTP_OK, .type = JSON};
    answer.text = gradmq_history_text (self->history, &answer.size);
    return s_send (connection, &answer);
}

static enum MHD_Result
s_events (const gradmq_http_t *self, struct MHD_Connection *connection)
{
    struct MHD_Response *response = gradmq_feed_listen (self->feed, connection);
    if (!response) {
        const s_answer_t full =
            s_say (MHD_HTTP_SERVICE_UNAVAILABLE, "too many listen to events; come again later\n");
        return s_send (connection, &full);
    }
    const union MHD_ConnectionInfo *info = gradmq_http_library ()->get_connection_info (
        connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    if (info && info->socket_context)
        gradmq_connections_stays (self->connections, info->socket_context);
    enum MHD_Result result = s_queue (connection, MHD_HTTP_OK, "text/event-stream", response);
    gradmq_lookout_wake (self->lookout);
    return result;
}

typedef struct {
    const char *path;
    enum MHD_Result (*run) (const gradmq_http_t *self, struct MHD_Connection *connection);
} s_path_t;

static const s_path_t s_paths [] = {
#define X(path, function, help) {path, s_##function},
#include "http/path.def"
#undef X
};

static const char s_not_found [] = "there is no such path; there is the page at /, and\n"
#define X(path, function, help) path ": " help "\n"
#include "http/path.def"
#undef X
    ;

//  --------------------------------------------------------------------------------------------
//  A request

//  A page elsewhere may have a name that leads to this machine, and a browser that reads it for that page.
//  Such a name stands in the request.
static bool
s_is_meant (const gradmq_http_t *self, struct MHD_Connection *connection)
{
    const char *host =
        gradmq_http_library ()->lookup_connection_value (connection, MHD_HEADER_KIND, "Host");
    if (!self->loopback || !host)
        return true;
    const char *bracket = strchr (host, ']');
    size_t length = bracket ? (size_t) (bracket + 1 - host) : strcspn (host, ":");
    return gradmq_address_names_loopback (host, length);
}

//  Why a request is refused whatever it asks for; status 0 where it is not.
static s_answer_t
s_refusal (const gradmq_http_t *self, struct MHD_Connection *connection, const char *method)
{
    if (strcmp (method, MHD_HTTP_METHOD_GET) != 0 && strcmp (method, MHD_HTTP_METHOD_HEAD) != 0)
        return s_say (MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD: nothing is changed here\n");
    if (gradmq_connections_count (self->connections) > GRADMQ_HTTP_CONNECTIONS_MOST)
        return s_say (MHD_HTTP_SERVICE_UNAVAILABLE, "too many connections; come again later\n");
    if (!s_is_meant (self, connection))
        return s_say (MHD_HTTP_FORBIDDEN,
                      "this is answered to under the names of this machine only: localhost, "
                      "127.0.0.1\n");
    return (s_answer_t){0};
}

//  The headers of what GET would listen to.
static enum MHD_Result
s_send_no_events (struct MHD_Connection *connection)
{
    struct MHD_Response *response = gradmq_http_library ()->create_response_from_buffer (
        0, (void *) (uintptr_t) "", MHD_RESPMEM_PERSISTENT);
    return s_queue (connection, MHD_HTTP_OK, "text/event-stream", response);
}

static enum MHD_Result
s_send_page (struct MHD_Connection *connection, const gradmq_page_t *page)
{
    struct MHD_Response *response = gradmq_http_library ()->create_response_from_buffer (
        page->size, (void *) (uintptr_t) page->data, MHD_RESPMEM_PERSISTENT);
    return s_queue (connection, MHD_HTTP_OK, page->type, response);
}

enum MHD_Result
gradmq_http_answer (gradmq_http_t *self, struct MHD_Connection *connection, const char *path,
                    const char *method)
{
    s_answer_t answer = s_refusal (self, connection, method);
    if (answer.status)
        return s_send (connection, &answer);
    if (strcmp (method, MHD_HTTP_METHOD_HEAD) == 0 && strcmp (path, "/events") == 0)
        return s_send_no_events (connection);
    for (size_t i = 0; i < sizeof s_paths / sizeof s_paths [0]; i++)
        if (strcmp (s_paths [i].path, path) == 0)
            return s_paths [i].run (self, connection);
    const gradmq_page_t *page = gradmq_page_find (path);
    if (page)
        return s_send_page (connection, page);
    answer = s_say (MHD_HTTP_NOT_FOUND, s_not_found);
    return s_send (connection, &answer);
}
