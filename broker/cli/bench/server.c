#include "cli/bench/server.h"

#include "cli/bench/raw.h"
#include "client.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { COME_UP_MS = 20000, LOAD_MS = 120000, ARGUMENTS = 20, SETTING_BYTES = 256, SETTINGS = 8 };

//  What the process that loads the model has to know.
typedef struct {
    const gradmq_bench_serve_t *serve;
    const char *control;
} s_load_t;

static gradmq_err_t
s_fill (gradmq_remote_t *remote, const gradmq_bench_serve_t *serve, gradmq_reason_t *reason)
{
    const uint64_t whole = serve->bytes / sizeof (float), toe = 1;
    const gradmq_tensor_info_t tensors [] = {{"whole", 1, &whole}, {"toe", 1, &toe}};
    const gradmq_layout_info_t layout = {tensors, serve->toe ? 2 : 1, GRADMQ_F32};
    uint64_t elements = whole + (serve->toe ? toe : 0);
    float *zeros = calloc ((size_t) elements, sizeof *zeros);
    if (!zeros)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for a model");
    const char *names [] = {"optimizer"}, *values [] = {serve->optimizer};
    gradmq_err_t err = gradmq_remote_set_parameters (remote, names, values, 1, reason);
    if (!err)
        err = gradmq_remote_set_model_parameters (remote, &layout, GRADMQ_F32, zeros,
                                                  elements * sizeof *zeros, reason);
    free (zeros);
    return err;
}

//  Tell where updates come from.
static gradmq_err_t
s_tell (int wire, gradmq_remote_t *remote, gradmq_reason_t *reason)
{
    gradmq_request_t request = {.command = GRADMQ_COMMAND_DESCRIBE};
    const gradmq_reply_t *reply;
    gradmq_err_t err = gradmq_remote_call (remote, &request, NULL, 0, &reply, reason);
    if (err)
        return err;
    gradmq_bench_note_t note = {0};
    const gradmq_texts_t *updates = &reply->description.updates;
    snprintf (note.text, sizeof note.text, "%s", updates->count ? updates->items [0] : "");
    gradmq_bench_tell (wire, &note);
    return GRADMQ_OK;
}

static gradmq_err_t
s_load (int wire, const void *argument, gradmq_reason_t *reason)
{
    const s_load_t *load = argument;
    gradmq_remote_t *remote = NULL;
    const gradmq_options_t options = {
        .control = load->control, .timeout_ms = COME_UP_MS, .request_ms = LOAD_MS};
    gradmq_err_t err = gradmq_remote_open (&remote, &options, reason);
    if (err)
        return err;
    gradmq_remote_set_timeout (remote, LOAD_MS);
    err = s_fill (remote, load->serve, reason);
    if (!err)
        err = gradmq_remote_start (remote, reason);
    if (!err)
        err = s_tell (wire, remote, reason);
    gradmq_remote_close (&remote);
    return err;
}

static gradmq_err_t
s_execute (gradmq_bench_server_t *self, const gradmq_bench_t *bench,
           const gradmq_bench_serve_t *serve, gradmq_reason_t *reason)
{
    static const char *const sockets [] = {"gradients", "updates", "events"};
    char settings [SETTINGS][SETTING_BYTES];
    const char *arguments [ARGUMENTS] = {bench->daemon};
    size_t count = 1;
    snprintf (self->control, sizeof self->control, "ipc://%.100s/control%s", bench->folder,
              serve->http ? "-http" : "");
    snprintf (settings [0], SETTING_BYTES, "model/name=%s", GRADMQ_BENCH_MODEL);
    snprintf (settings [1], SETTING_BYTES, "sockets/control=%s", self->control);
    for (size_t i = 0; i < 3; i++) {
        char endpoint [GRADMQ_BENCH_ENDPOINT_BYTES];
        gradmq_bench_endpoint (endpoint, serve->transport, bench->folder, sockets [i]);
        snprintf (settings [i + 2], SETTING_BYTES, "sockets/%s=%s", sockets [i], endpoint);
    }
    snprintf (settings [5], SETTING_BYTES, "state/directory=%s", serve->state ? serve->state : "");
    snprintf (settings [6], SETTING_BYTES, "http/listen=%s", serve->http ? serve->http : "");
    snprintf (settings [7], SETTING_BYTES, "record/directory=%s", serve->state ? serve->state : "");
    for (size_t i = 0; i < SETTINGS; i++) {
        arguments [count++] = "--set";
        arguments [count++] = settings [i];
    }
    arguments [count++] = "--set";
    arguments [count++] = "log/level=error";
    return gradmq_bench_peer_exec (&self->peer, arguments, STDERR_FILENO, reason);
}

gradmq_err_t
gradmq_bench_server_open (gradmq_bench_server_t *self, const gradmq_bench_t *bench,
                          const gradmq_bench_serve_t *serve, gradmq_reason_t *reason)
{
    *self = (gradmq_bench_server_t){0};
    if (access (bench->daemon, X_OK))
        return gradmq_refuse (reason, GRADMQ_ERR_IO,
                              "%.300s: %s; this benchmark needs gradmqd beside gradmq",
                              bench->daemon, strerror (errno));
    gradmq_err_t err = s_execute (self, bench, serve, reason);
    gradmq_bench_peer_t loader = {0};
    const s_load_t load = {serve, self->control};
    gradmq_bench_note_t note;
    if (!err)
        err = gradmq_bench_peer_open (&loader, s_load, &load, reason);
    if (!err)
        err = gradmq_bench_hear (loader.wire, LOAD_MS, &note, reason);
    if (!err)
        memcpy (self->updates, note.text, sizeof self->updates);
    gradmq_bench_peer_close (&loader);
    if (err)
        gradmq_bench_server_close (self);
    return err;
}

void
gradmq_bench_server_close (gradmq_bench_server_t *self)
{
    gradmq_bench_peer_close (&self->peer);
}

uint64_t
gradmq_bench_server_memory (const gradmq_bench_server_t *self, const char *name)
{
    char path [64], line [256];
    unsigned long long kib = 0;
    snprintf (path, sizeof path, "/proc/%ld/status", (long) self->peer.process);
    FILE *file = fopen (path, "r");
    if (!file)
        return 0;
    size_t length = strlen (name);
    while (fgets (line, sizeof line, file))
        if (strncmp (line, name, length) == 0 && line [length] == ':')
            kib = strtoull (line + length + 1, NULL, 10);
    fclose (file);
    return kib << 10;
}

double
gradmq_bench_server_processor (const gradmq_bench_server_t *self)
{
    clockid_t clock;
    struct timespec used;
    if (clock_getcpuclockid (self->peer.process, &clock) || clock_gettime (clock, &used))
        return 0;
    return (double) used.tv_sec + (double) used.tv_nsec / 1e9;
}

//  A line of a file of a thread; "" where it has gone.
static void
s_read_line (const char *folder, const char *thread, const char *name, char line [256])
{
    char path [320];
    line [0] = 0;
    snprintf (path, sizeof path, "%s/%.64s/%s", folder, thread, name);
    FILE *file = fopen (path, "r");
    if (!file)
        return;
    if (!fgets (line, 256, file))
        line [0] = 0;
    fclose (file);
}

double
gradmq_bench_server_threads (const gradmq_bench_server_t *self, const char *prefix)
{
    char folder [64], line [256];
    double ns = 0;
    snprintf (folder, sizeof folder, "/proc/%ld/task", (long) self->peer.process);
    DIR *threads = opendir (folder);
    if (!threads)
        return 0;
    for (const struct dirent *thread; (thread = readdir (threads));) {
        s_read_line (folder, thread->d_name, "comm", line);
        if (strncmp (line, prefix, strlen (prefix)) != 0)
            continue;
        s_read_line (folder, thread->d_name, "schedstat", line);
        ns += strtod (line, NULL);
    }
    closedir (threads);
    return ns / 1e9;
}
