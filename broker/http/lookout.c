#include "http/lookout.h"

#include "core/clock.h"
#include "core/log.h"
#include "http/document.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct gradmq_lookout {
    gradmq_lookout_options_t with;
    gradmq_clock_t clock;
    pthread_t thread;
    pthread_mutex_t mutex;  //  of what follows
    pthread_cond_t changed;
    bool closing, woken;
    gradmq_view_t *view;
    //  The thread's own.
    uint64_t whole_ms;  //  of the last whole look
    uint64_t reports;
    char *step;  //  newest report, as JSON
    double gradient_norm, update_norm;
    char names [GRADMQ_HTTP_NAMES_MOST][GRADMQ_NAME_BYTES_MAX + 1];  //  in the order they came
    size_t name_count;
    bool failed;  //  the last look
};

//  --------------------------------------------------------------------------------------------
//  Reports on steps

static void
s_report (gradmq_lookout_t *self, const gradmq_event_t *event)
{
    char *json = gradmq_document_step_json (event, gradmq_clock_unix_us (&self->clock) / 1000);
    if (!json)
        return;
    if (event->step.has_gradient_norm)
        self->gradient_norm = event->step.gradient_norm;
    if (event->step.has_update_norm)
        self->update_norm = event->step.update_norm;
    gradmq_history_add (self->with.history, json);
    if (gradmq_feed_listeners (self->with.feed))
        gradmq_feed_push (self->with.feed, "step", json);
    free (self->step);
    self->step = json;
}

//  --------------------------------------------------------------------------------------------
//  Views

//  True for one of the first names there were: workers choose them, and a collector keeps what it was
//  told of each for ever.
static bool
s_known (gradmq_lookout_t *self, const char *name)
{
    for (size_t i = 0; i < self->name_count; i++)
        if (strcmp (self->names [i], name) == 0)
            return true;
    if (self->name_count == GRADMQ_HTTP_NAMES_MOST || strlen (name) > GRADMQ_NAME_BYTES_MAX)
        return false;
    memcpy (self->names [self->name_count++], name, strlen (name) + 1);
    return true;
}

static void
s_set_reported (gradmq_lookout_t *self, gradmq_view_t *view)
{
    const gradmq_status_report_t *status = &view->look->status.status;
    for (size_t i = 0; i < status->metric_count; i++) {
        const gradmq_last_metric_t *metric = &status->metrics [i];
        if (view->reported_count < GRADMQ_HTTP_NAMES_MOST && metric->name
            && s_known (self, metric->name))
            view->reported [view->reported_count++] =
                (gradmq_labelled_t){metric->name, metric->value};
    }
}

static void
s_show (gradmq_lookout_t *self, gradmq_view_t *view)
{
    pthread_mutex_lock (&self->mutex);
    gradmq_view_t *before = self->view;
    self->view = view;
    pthread_mutex_unlock (&self->mutex);
    gradmq_view_release (&before);
    if (!gradmq_feed_listeners (self->with.feed))
        return;
    char *json = gradmq_document_status_json (view, NULL);
    if (json)
        gradmq_feed_push (self->with.feed, "status", json);
    free (json);
}

//    owns    takes *look_p and nulls it
static gradmq_err_t
s_see (gradmq_lookout_t *self, gradmq_look_t **look_p)
{
    gradmq_view_t *view = gradmq_view_new (look_p);
    gradmq_look_destroy (look_p);
    if (!view)
        return GRADMQ_ERR_MEMORY;
    view->clock_ms = gradmq_clock_ms (&self->clock);
    view->unix_ms = gradmq_clock_unix_us (&self->clock) / 1000;
    view->rates = gradmq_view_rates (self->view, view);
    view->step = self->step ? strdup (self->step) : NULL;
    view->gradient_norm = self->gradient_norm;
    view->update_norm = self->update_norm;
    s_set_reported (self, view);
    s_show (self, view);
    return GRADMQ_OK;
}

static gradmq_err_t
s_look (gradmq_lookout_t *self, bool whole, gradmq_reason_t *why)
{
    gradmq_look_t *look;
    gradmq_err_t err =
        gradmq_coordinator_look (self->with.coordinator, whole, self->reports, &look, why);
    if (err)
        return err;
    self->reports = look->reports;
    for (size_t i = 0; i < look->step_count; i++)
        s_report (self, &look->steps [i]);
    if (whole)
        return s_see (self, &look);
    gradmq_look_destroy (&look);
    return GRADMQ_OK;
}

//  --------------------------------------------------------------------------------------------
//  The thread

//  Look, and say once when that cannot be done any more.
static void
s_look_or_say (gradmq_lookout_t *self, bool whole)
{
    gradmq_reason_t why = {0};
    bool failed = s_look (self, whole, &why) != GRADMQ_OK;
    if (failed && !self->failed)
        gradmq_log (GRADMQ_LOG_WARNING, "what HTTP tells is not renewed: %s",
                    gradmq_reason_text (&why));
    self->failed = failed;
}

//  Wait until this time, or until there is a reason to look.
//    returns false at the end
static bool
s_rest (gradmq_lookout_t *self, uint64_t until_ms)
{
    const struct timespec until = {(time_t) (until_ms / 1000), (long) (until_ms % 1000) * 1000000};
    int rc = 0;
    pthread_mutex_lock (&self->mutex);
    while (!self->closing && !self->woken && rc == 0)
        rc = pthread_cond_timedwait (&self->changed, &self->mutex, &until);
    bool closing = self->closing;
    pthread_mutex_unlock (&self->mutex);
    return !closing;
}

//  True once after somebody began to listen.
static bool
s_was_woken (gradmq_lookout_t *self)
{
    pthread_mutex_lock (&self->mutex);
    bool woken = self->woken;
    self->woken = false;
    pthread_mutex_unlock (&self->mutex);
    return woken;
}

static void *
s_run (void *context)
{
    gradmq_lookout_t *self = context;
    uint64_t next = self->whole_ms + GRADMQ_HTTP_LOOK_MS;
    while (s_rest (self, next)) {
        bool woken = s_was_woken (self);
        uint64_t now = gradmq_clock_ms (&self->clock);
        bool whole = woken || now - self->whole_ms >= GRADMQ_HTTP_LOOK_MS;
        if (whole)
            self->whole_ms = now;
        s_look_or_say (self, whole);
        gradmq_connections_sweep (self->with.connections);
        uint64_t due = self->whole_ms + GRADMQ_HTTP_LOOK_MS;
        next = now + GRADMQ_HTTP_GLANCE_MS;
        if (next > due || !gradmq_feed_listeners (self->with.feed))
            next = due;
    }
    return NULL;
}

static gradmq_lookout_t *
s_new (const gradmq_lookout_options_t *options)
{
    gradmq_lookout_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->with = *options;
    self->clock = gradmq_clock_real ();
    self->gradient_norm = self->update_norm = NAN;
    pthread_mutex_init (&self->mutex, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init (&attributes);
    pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
    pthread_cond_init (&self->changed, &attributes);
    pthread_condattr_destroy (&attributes);
    return self;
}

static void
s_free (gradmq_lookout_t *self)
{
    gradmq_view_release (&self->view);
    free (self->step);
    pthread_cond_destroy (&self->changed);
    pthread_mutex_destroy (&self->mutex);
    free (self);
}

gradmq_err_t
gradmq_lookout_open (gradmq_lookout_t **self_p, const gradmq_lookout_options_t *options,
                     gradmq_reason_t *reason)
{
    *self_p = NULL;
    gradmq_lookout_t *self = s_new (options);
    if (!self)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    self->whole_ms = gradmq_clock_ms (&self->clock);
    gradmq_err_t err = s_look (self, true, reason);
    if (!err && pthread_create (&self->thread, NULL, s_run, self))
        err = gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no thread can be started");
    else if (!err)
        pthread_setname_np (self->thread, "http-lookout");
    if (err) {
        s_free (self);
        return err;
    }
    *self_p = self;
    return GRADMQ_OK;
}

void
gradmq_lookout_close (gradmq_lookout_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    gradmq_lookout_t *self = *self_p;
    pthread_mutex_lock (&self->mutex);
    self->closing = true;
    pthread_cond_signal (&self->changed);
    pthread_mutex_unlock (&self->mutex);
    pthread_join (self->thread, NULL);
    s_free (self);
    *self_p = NULL;
}

gradmq_view_t *
gradmq_lookout_view (gradmq_lookout_t *self)
{
    pthread_mutex_lock (&self->mutex);
    gradmq_view_t *view = gradmq_view_hold (self->view);
    pthread_mutex_unlock (&self->mutex);
    return view;
}

void
gradmq_lookout_wake (gradmq_lookout_t *self)
{
    pthread_mutex_lock (&self->mutex);
    self->woken = true;
    pthread_cond_signal (&self->changed);
    pthread_mutex_unlock (&self->mutex);
}
