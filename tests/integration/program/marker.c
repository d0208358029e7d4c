//  One life of a worker each of whose gradients leaves a mark of its own in the parameters, a vector
//  of F64 zeros: gradient n is -(4 ^ (n % 26)) at element n / 26. What is there afterwards is a number
//  of 26 digits to the base of 4 an element, each of which says how often its gradient was applied.
//  Some gradients are not finite, or nothing at all ("skip"): those leave no mark.
//
//      program.marker CONTROL NAME FIRST COUNT SEED PAUSE_MS END
//
//  It pushes numbers FIRST to FIRST + COUNT - 1 in bursts, with pauses of up to PAUSE_MS between them.
//  END is what it does then, or at some point before:
//
//      close   settle everything, leave
//      drop    leave at once, whatever is settled
//      die     SIGKILL in the middle of it
//
//  It does not outlive the process that started it.
//
//  Output, a line each: "push SEQUENCE NUMBER mark|poison|skip" before each push, "told SEQUENCE
//  DISPOSITION CODE" for what was not applied, "settled SEQUENCE" for everything up to there, then
//  "closed OK". "failed ..." says what went wrong.

#include "dice.h"
#include "gradmq.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

enum {
    DIGITS = 26,
    OPEN_MS = 120000,
    CLOSE_MS = 240000,
    REQUEST_MS = 200,
    WINDOW = 48,       //  below the 64 dispositions that an acknowledgement lists: all are told
    BURST = 8,         //  most gradients without a pause
    DENSE_MOST = 1024  //  elements of a model whose gradients may be whole
};

typedef struct {
    const char *control, *name;
    uint64_t first, count;
    uint32_t pause_ms;
    const char *end;
    dice_t dice;
    gradmq_worker_t *worker;
    double *gradient;  //  zeros; NULL: the model is too large for whole gradients
    uint64_t sequence;
} s_marker_t;

static void
s_told (const gradmq_verdict_t *verdict, void *context)
{
    (void) context;
    printf ("told %" PRIu64 " %s %s\n", verdict->sequence, verdict->name,
            gradmq_err_name (verdict->code));
}

static void
s_say_settled (s_marker_t *self)
{
    gradmq_worker_stats_t stats;
    gradmq_worker_stats (self->worker, &stats);
    printf ("settled %" PRIu64 "\n", stats.settled);
}

//  ------------------------------------------------------------------------------------------------
//  One gradient

static gradmq_err_t
s_push_value (s_marker_t *self, uint64_t number, double value, const gradmq_push_t *push,
              gradmq_reason_t *why)
{
    const uint32_t element = (uint32_t) (number / DIGITS);
    if (self->gradient && dice_percent (&self->dice, 50)) {
        self->gradient [element] = value;
        gradmq_err_t err = gradmq_worker_push (
            self->worker, self->gradient,
            gradmq_worker_elements (self->worker) * sizeof *self->gradient, push, why);
        self->gradient [element] = 0;
        return err;
    }
    const gradmq_part_info_t part = {.data = &value, .rows = &element, .row_count = 1};
    return gradmq_worker_push_parts (self->worker, &part, 1, push, why);
}

static gradmq_err_t
s_push (s_marker_t *self, uint64_t number, gradmq_reason_t *why)
{
    const gradmq_push_t push = {.without_base = dice_percent (&self->dice, 50)};
    const uint64_t kind = dice_below (&self->dice, 100);
    const bool poison = kind < 6;
    const bool skip = !poison && kind < 12;
    printf ("push %" PRIu64 " %" PRIu64 " %s\n", ++self->sequence, number,
            poison ? "poison"
            : skip ? "skip"
                   : "mark");
    if (skip)
        return gradmq_worker_skip (self->worker, &push, why);
    const double mark = -ldexp (1, (int) (2 * (number % DIGITS)));
    return s_push_value (self, number, poison ? (double) NAN : mark, &push, why);
}

//  ------------------------------------------------------------------------------------------------
//  A life

static uint64_t
s_now (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / 1000000;
}

//  Read what comes in for a while; before that, now and then, get parameters to state as a base.
static gradmq_err_t
s_pause (s_marker_t *self, gradmq_reason_t *why)
{
    const uint64_t until = s_now () + dice_below (&self->dice, self->pause_ms + 1);
    const gradmq_which_t which = dice_percent (&self->dice, 50) ? GRADMQ_FETCH : GRADMQ_NEWEST;
    gradmq_parameters_view_t view;
    gradmq_err_t err = GRADMQ_OK;
    if (dice_percent (&self->dice, 20))
        err = gradmq_worker_parameters (self->worker, which, &view, why);
    for (uint64_t now = s_now (); now < until && !err; now = s_now ())
        err = gradmq_worker_poll (self->worker, (uint32_t) (until - now), why);
    s_say_settled (self);
    return err;
}

static gradmq_err_t
s_live (s_marker_t *self, gradmq_reason_t *why)
{
    const bool die = strcmp (self->end, "die") == 0;
    const uint64_t last = die ? dice_below (&self->dice, self->count) : self->count;
    uint64_t burst = 0;
    for (uint64_t i = 0; i < last; i++, burst--) {
        gradmq_err_t err = GRADMQ_OK;
        if (burst == 0) {
            burst = 1 + dice_below (&self->dice, BURST);
            err = s_pause (self, why);
        }
        if (!err)
            err = s_push (self, self->first + i, why);
        if (err)
            return err;
    }
    if (die)
        raise (SIGKILL);
    if (strcmp (self->end, "close") != 0)
        return GRADMQ_OK;
    gradmq_err_t err = gradmq_worker_flush (self->worker, CLOSE_MS, why);
    s_say_settled (self);
    return err;
}

static gradmq_err_t
s_open (s_marker_t *self, gradmq_reason_t *why)
{
    const gradmq_options_t options = {.control = self->control,
                                      .name = self->name,
                                      .timeout_ms = OPEN_MS,
                                      .request_ms = REQUEST_MS,
                                      .window = WINDOW,
                                      .no_updates = dice_percent (&self->dice, 50)};
    gradmq_err_t err = gradmq_worker_open (&self->worker, &options, why);
    if (err)
        return err;
    gradmq_worker_on_verdict (self->worker, s_told, NULL);
    const uint64_t elements = gradmq_worker_elements (self->worker);
    if (elements <= DENSE_MOST)
        self->gradient = (double *) calloc (elements, sizeof *self->gradient);
    puts ("joined");
    return GRADMQ_OK;
}

int
main (int argc, char **argv)
{
    setvbuf (stdout, NULL, _IOLBF, 0);
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    if (argc != 8) {
        fprintf (stderr, "usage: program.marker CONTROL NAME FIRST COUNT SEED PAUSE_MS END\n");
        return 2;
    }
    s_marker_t self = {.control = argv [1],
                       .name = argv [2],
                       .first = strtoull (argv [3], NULL, 10),
                       .count = strtoull (argv [4], NULL, 10),
                       .dice = {strtoull (argv [5], NULL, 10)},
                       .pause_ms = (uint32_t) strtoul (argv [6], NULL, 10),
                       .end = argv [7]};
    gradmq_reason_t why = {GRADMQ_OK, ""};
    gradmq_err_t err = s_open (&self, &why);
    if (!err)
        err = s_live (&self, &why);
    if (err)
        printf ("failed %s: %s\n", gradmq_err_name (err), why.text);
    const bool settle = strcmp (self.end, "close") == 0;
    gradmq_err_t closed = gradmq_worker_close (&self.worker, settle ? CLOSE_MS : 0, &why);
    printf ("closed %s\n", gradmq_err_name (closed));
    free (self.gradient);
    return err || (settle && closed) ? 1 : 0;
}
