#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define BAR 16u

void
digits_progress_begin (digits_progress_t *self, uint64_t until)
{
    *self = (digits_progress_t){.until = until, .terminal = isatty (STDOUT_FILENO) == 1};
}

static void
s_line (const digits_progress_t *self, const digits_point_t *point)
{
    double rate = point->seconds > 0 ? (double) point->gradients / point->seconds : 0;
    printf ("%" PRIu64 "/%" PRIu64 "  %.0f/s  loss %.3f, held out %.3f  accuracy %.3f",
            point->gradients, self->until, rate, point->train_loss, point->test_loss,
            point->test_accuracy);
}

void
digits_progress_show (digits_progress_t *self, const digits_point_t *point)
{
    double done = self->until ? (double) point->gradients / (double) self->until : 1;
    if (self->terminal) {
        char bar [BAR + 1] = "";
        for (unsigned i = 0; i < BAR; i++)
            bar [i] = (double) (i + 1) <= done * BAR ? '#' : '.';
        //  Below 80 columns; what a longer line left there is erased.
        printf ("\r%s ", bar);
        s_line (self, point);
        printf ("\033[K");
        self->shown = true;
    } else {
        unsigned tenths = (unsigned) (done * 10 + 1e-9);
        if (tenths == self->tenths)
            return;
        self->tenths = tenths;
        printf ("  ");
        s_line (self, point);
        printf ("\n");
    }
    fflush (stdout);
}

void
digits_progress_end (digits_progress_t *self)
{
    if (self->shown)
        printf ("\n");
    self->shown = false;
    fflush (stdout);
}
