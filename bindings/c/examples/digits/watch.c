//  Follow a model while others train it: fetch it, say how good it is, record that.

#include "options.h"
#include "progress.h"
#include "record.h"
#include "seconds.h"

#include <gradmq.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_NS 5000000l  //  between two looks at the coordinator
#define STALLED_S 20.0    //  without a new version; then something is wrong

typedef struct {
    gradmq_remote_t *remote;
    const digits_data_t *data;
    digits_network_t *network;
    digits_record_t record;
    digits_progress_t progress;
    uint64_t until;  //  version
    uint64_t epoch;  //  of the first look
    double began;
} watch_t;

//  Is what was fetched ours to follow?
static bool
s_expected (watch_t *self, const gradmq_parameters_view_t *view)
{
    const char *fault = NULL;
    if (view->dtype != GRADMQ_F32 || view->bytes != DIGITS_PARAMETERS * sizeof (float))
        fault = "the coordinator holds another network";
    else if (self->epoch && view->epoch != self->epoch)
        fault = "another model was loaded meanwhile";
    if (fault)
        fprintf (stderr, "gradmq-digits watch: %s\n", fault);
    return !fault;
}

//  Enough gradients since the point recorded last?
static bool
s_due (const watch_t *self, uint64_t version)
{
    if (!self->record.count)
        return true;
    uint64_t since = version - self->record.points [self->record.count - 1].gradients;
    return since > 0 && (version >= self->until || since >= self->until / DIGITS_RECORD_POINTS);
}

//  Fetch the newest version; measure and record it when that is due. *version is what was fetched.
static bool
s_look (watch_t *self, uint64_t *version)
{
    gradmq_reason_t why = {0};
    gradmq_parameters_view_t view;
    if (gradmq_remote_get_model_parameters (self->remote, NULL, &view, NULL, &why)) {
        fprintf (stderr, "gradmq-digits watch: %s\n", why.text);
        return false;
    }
    if (!s_expected (self, &view))
        return false;
    double now = digits_seconds ();
    if (!self->epoch) {
        self->epoch = view.epoch;
        self->began = now;
    }
    *version = view.version;
    if (!s_due (self, view.version))
        return true;
    digits_point_t point = {.gradients = view.version, .seconds = now - self->began};
    digits_point_measure (&point, self->network, view.data, self->data);
    if (!digits_record_add (&self->record, &point)) {
        fprintf (stderr, "gradmq-digits watch: out of memory\n");
        return false;
    }
    digits_progress_show (&self->progress, &point);
    return true;
}

static bool
s_follow (watch_t *self)
{
    uint64_t version = 0, before = 0;
    double moved = digits_seconds ();
    for (;;) {
        if (!s_look (self, &version))
            return false;
        if (version >= self->until)
            return true;
        double now = digits_seconds ();
        if (version != before)
            moved = now;
        before = version;
        if (now - moved > STALLED_S) {
            fprintf (stderr,
                     "gradmq-digits watch: no gradient was applied for %.0f s; version %" PRIu64
                     " of %" PRIu64 "\n",
                     now - moved, version, self->until);
            return false;
        }
        nanosleep (&(struct timespec){0, LOOK_NS}, NULL);
    }
}

static bool
s_watch (watch_t *self, const digits_options_t *options)
{
    gradmq_options_t connection = {.control = options->control,
                                   .model = options->model,
                                   .secret = options->secret,
                                   .server_key = options->server_key};
    gradmq_reason_t why = {0};
    self->network = digits_network_new (self->data->train.count);
    if (!self->network) {
        fprintf (stderr, "gradmq-digits watch: out of memory\n");
        return false;
    }
    if (gradmq_remote_open (&self->remote, &connection, &why)) {
        fprintf (stderr, "gradmq-digits watch: %s\n", why.text);
        return false;
    }
    digits_progress_begin (&self->progress, self->until);
    bool good = s_follow (self);
    digits_progress_end (&self->progress);
    return good && digits_record_write (&self->record, options->csv);
}

int
digits_watch (const digits_options_t *options)
{
    digits_data_t data;
    if (!digits_options_need ("control", options->control)
        || !digits_options_need ("csv", options->csv))
        return 2;
    if (!digits_data_load (&data, options->data))
        return 1;
    watch_t self = {.data = &data, .until = options->gradients};
    bool good = s_watch (&self, options);
    gradmq_remote_close (&self.remote);
    digits_record_destroy (&self.record);
    digits_network_destroy (&self.network);
    digits_data_destroy (&data);
    return good ? 0 : 1;
}
