//  A worker that does what it is told on standard input, one command a line:
//
//      push FIRST COUNT    push COUNT gradients: the i-th is 1 at element FIRST + i, else 0
//      flush MS            wait until everything is settled
//      fetch               get the newest parameters; gradients state them as their base from then on
//      stats               say how it stands
//      die                 end by SIGKILL
//      close MS            settle, leave, and end
//
//  Every command is answered by a line that begins with its name, or with "failed"; between them are
//  lines "waiting: ..." and "verdict ...". The end of the input is "close 10000".
//
//      program.pusher CONTROL NAME
//
//  Every gradient reports 1 as the metric that GRADMQ_PUSHER_METRIC names, where it is set.

#include "gradmq.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPEN_MS = 60000, CLOSE_MS = 10000, LINE_BYTES = 200 };

typedef struct {
    gradmq_worker_t *worker;
    float *gradient;
    uint64_t elements;
    bool with_base;
    bool over;
} s_pusher_t;

typedef struct {
    const char *name;
    gradmq_err_t (*run) (s_pusher_t *self, uint64_t a, uint64_t b, gradmq_reason_t *why);
} s_command_t;

static void
s_waits (const char *text, void *context)
{
    (void) context;
    if (text)
        printf ("waiting: %s\n", text);
}

static void
s_verdict (const gradmq_verdict_t *verdict, void *context)
{
    (void) context;
    printf ("verdict %" PRIu64 " %s %s\n", verdict->sequence, verdict->name,
            gradmq_err_name (verdict->code));
}

static gradmq_err_t
s_push (s_pusher_t *self, uint64_t first, uint64_t count, gradmq_reason_t *why)
{
    const gradmq_metric_info_t metric = {.name = getenv ("GRADMQ_PUSHER_METRIC"), .value = 1};
    const gradmq_push_t push = {
        .without_base = !self->with_base, .metrics = &metric, .metric_count = metric.name ? 1 : 0};
    gradmq_err_t err = GRADMQ_OK;
    for (uint64_t i = first; i < first + count && i < self->elements && !err; i++) {
        self->gradient [i] = 1;
        err = gradmq_worker_push (self->worker, self->gradient,
                                  self->elements * sizeof *self->gradient, &push, why);
        self->gradient [i] = 0;
    }
    return err;
}

static gradmq_err_t
s_flush (s_pusher_t *self, uint64_t timeout_ms, uint64_t none, gradmq_reason_t *why)
{
    (void) none;
    return gradmq_worker_flush (self->worker, (uint32_t) timeout_ms, why);
}

static gradmq_err_t
s_fetch (s_pusher_t *self, uint64_t none, uint64_t no_more, gradmq_reason_t *why)
{
    (void) none;
    (void) no_more;
    gradmq_parameters_view_t view;
    self->with_base = true;
    return gradmq_worker_parameters (self->worker, GRADMQ_FETCH, &view, why);
}

//  The numbers are printed behind the name of every command.
static gradmq_err_t
s_stats (s_pusher_t *self, uint64_t none, uint64_t no_more, gradmq_reason_t *why)
{
    (void) self;
    (void) none;
    (void) no_more;
    (void) why;
    return GRADMQ_OK;
}

static gradmq_err_t
s_die (s_pusher_t *self, uint64_t none, uint64_t no_more, gradmq_reason_t *why)
{
    (void) self;
    (void) none;
    (void) no_more;
    (void) why;
    raise (SIGKILL);
    return GRADMQ_ERR_INTERNAL;
}

static gradmq_err_t
s_close (s_pusher_t *self, uint64_t timeout_ms, uint64_t none, gradmq_reason_t *why)
{
    (void) none;
    self->over = true;
    return gradmq_worker_flush (self->worker, (uint32_t) timeout_ms, why);
}

static const s_command_t s_commands [] = {
    {"push", s_push},   {"flush", s_flush}, {"fetch", s_fetch},
    {"stats", s_stats}, {"die", s_die},     {"close", s_close},
};

static void
s_answer (const s_pusher_t *self, const char *name, gradmq_err_t err, const gradmq_reason_t *why)
{
    gradmq_worker_stats_t stats;
    gradmq_worker_stats (self->worker, &stats);
    if (err)
        printf ("failed %s %s: %s\n", name, gradmq_err_name (err), why->text);
    else
        printf ("%s pushed=%" PRIu64 " settled=%" PRIu64 " applied=%" PRIu64 " refused=%" PRIu64
                " resent=%" PRIu64 " unsettled=%" PRIu64 " incarnation=%" PRIu64 "\n",
                name, stats.pushed, stats.settled, stats.applied, stats.refused, stats.resent,
                stats.unsettled, stats.incarnation);
}

static void
s_obey (s_pusher_t *self, const char *line)
{
    char name [LINE_BYTES] = "";
    uint64_t a = 0, b = 0;
    gradmq_reason_t why = {GRADMQ_OK, ""};
    sscanf (line, "%199s %" SCNu64 " %" SCNu64, name, &a, &b);
    for (size_t i = 0; i < sizeof s_commands / sizeof s_commands [0]; i++)
        if (strcmp (name, s_commands [i].name) == 0) {
            gradmq_err_t err = s_commands [i].run (self, a, b, &why);
            s_answer (self, name, err, &why);
            return;
        }
    printf ("failed %s: no such command\n", name);
}

static void
s_serve (s_pusher_t *self)
{
    char line [LINE_BYTES];
    printf ("joined %s %" PRIu64 "\n", gradmq_worker_name (self->worker), self->elements);
    while (!self->over)
        s_obey (self, fgets (line, sizeof line, stdin) ? line : "close 10000");
}

int
main (int argc, char **argv)
{
    setvbuf (stdout, NULL, _IOLBF, 0);
    if (argc != 3) {
        fprintf (stderr, "usage: program.pusher CONTROL NAME\n");
        return 2;
    }
    s_pusher_t self = {0};
    gradmq_reason_t why = {GRADMQ_OK, ""};
    const gradmq_options_t options = {.control = argv [1],
                                      .name = argv [2],
                                      .timeout_ms = OPEN_MS,
                                      .request_ms = 500,
                                      .no_updates = true,
                                      .on_wait = s_waits};
    if (gradmq_worker_open (&self.worker, &options, &why)) {
        printf ("failed open %s: %s\n", gradmq_err_name (why.code), why.text);
        return 1;
    }
    gradmq_worker_on_verdict (self.worker, s_verdict, NULL);
    self.elements = gradmq_worker_elements (self.worker);
    self.gradient = calloc (self.elements, sizeof *self.gradient);
    if (self.gradient)
        s_serve (&self);
    gradmq_err_t err = gradmq_worker_close (&self.worker, CLOSE_MS, &why);
    printf ("closed %s\n", gradmq_err_name (err));
    free (self.gradient);
    return err ? 1 : 0;
}
