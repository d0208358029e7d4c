#include "curve.h"

#include "panel.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define RUN "#0b5fc0"
#define SOLO "#d55e00"
#define LINEAR "#6e7781"

static double
s_train_loss (const digits_point_t *point)
{
    return point->train_loss;
}

static double
s_test_loss (const digits_point_t *point)
{
    return point->test_loss;
}

static double
s_test_accuracy (const digits_point_t *point)
{
    return point->test_accuracy;
}

//  Lowest and highest loss of a record, training or held out.
static void
s_bounds (const digits_record_t *record, double *least, double *most)
{
    for (size_t i = 0; i < record->count; i++) {
        const digits_point_t *point = &record->points [i];
        *least = fmin (*least, fmin (point->train_loss, point->test_loss));
        *most = fmax (*most, fmax (point->train_loss, point->test_loss));
    }
}

static const digits_point_t *
s_last (const digits_record_t *record)
{
    return &record->points [record->count - 1];
}

static void
s_loss (digits_panel_t panel, const digits_record_t *run, const digits_record_t *solo,
        const digits_record_t *linear)
{
    double least = HUGE_VAL, most = 0;
    s_bounds (run, &least, &most);
    s_bounds (solo, &least, &most);
    panel.y_least = pow (10, floor (log10 (fmax (least, 1e-6)) * 2) / 2);
    panel.y_most = pow (10, ceil (log10 (fmax (most, 1e-5)) * 4) / 4);
    panel.logarithmic = true;
    panel.title = "loss: mean cross entropy, nats";
    digits_panel_axes (&panel);
    digits_panel_line (&panel, linear, s_test_loss, (digits_stroke_t){LINEAR, 1.6, "2 4"});
    digits_panel_line (&panel, solo, s_train_loss, (digits_stroke_t){SOLO, 1.3, "6 4"});
    digits_panel_line (&panel, run, s_train_loss, (digits_stroke_t){RUN, 1.3, "6 4"});
    digits_panel_line (&panel, solo, s_test_loss, (digits_stroke_t){SOLO, 2.2, ""});
    digits_panel_line (&panel, run, s_test_loss, (digits_stroke_t){RUN, 2.2, ""});
    double x = panel.left + panel.width - 124;
    digits_panel_legend (&panel, x, 0, false, "held out", (digits_stroke_t){"#1f2328", 2.2, ""});
    digits_panel_legend (&panel, x, 1, false, "training", (digits_stroke_t){"#1f2328", 1.3, "6 4"});
}

static void
s_accuracy (digits_panel_t panel, const digits_record_t *run, const digits_record_t *solo,
            const digits_record_t *linear, unsigned workers)
{
    const struct {
        const digits_record_t *record;
        digits_stroke_t stroke;
    } lines [] = {{linear, {LINEAR, 1.6, "2 4"}}, {solo, {SOLO, 2.2, ""}}, {run, {RUN, 2.2, ""}}};
    char ours [64];
    snprintf (ours, sizeof ours, "GradMQ, %u worker%s", workers, workers == 1 ? "" : "s");
    const char *names [] = {"linear model", "one process", ours};
    double worst = 1;
    for (size_t i = 0; i < 3; i++)
        worst = fmin (worst, s_last (lines [i].record)->test_accuracy);
    panel.y_least = worst > 0.85 ? 0.8 : 0;
    panel.y_most = 1;
    panel.title = "accuracy on held-out images";
    digits_panel_axes (&panel);
    for (unsigned i = 0; i < 3; i++) {
        char text [96];
        snprintf (text, sizeof text, "%s: %.3f", names [i],
                  s_last (lines [i].record)->test_accuracy);
        digits_panel_line (&panel, lines [i].record, s_test_accuracy, lines [i].stroke);
        digits_panel_legend (&panel, panel.left + panel.width - 212, i, true, text,
                             lines [i].stroke);
    }
}

bool
digits_curve_draw (const char *path, const digits_record_t *run, const digits_record_t *solo,
                   const digits_record_t *linear, unsigned workers)
{
    FILE *file = fopen (path, "w");
    if (!file) {
        fprintf (stderr, "%s: %s\n", path, strerror (errno));
        return false;
    }
    fprintf (file,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 960 440\" width=\"960\" "
             "height=\"440\" role=\"img\" font-family=\"Helvetica, Arial, sans-serif\" "
             "font-size=\"13\">\n"
             "<title>Training on handwritten digits: loss and accuracy over gradients</title>\n"
             "<rect width=\"960\" height=\"440\" rx=\"8\" fill=\"#ffffff\"/>\n"
             "<text x=\"64\" y=\"34\" font-size=\"16\" font-weight=\"bold\" fill=\"#1f2328\">"
             "Handwritten digits, a %u-%u-%u network</text>\n",
             DIGITS_PIXELS, DIGITS_HIDDEN, DIGITS_CLASSES);
    double x_most = (double) s_last (run)->gradients;
    x_most = fmax (fmax (x_most, (double) s_last (solo)->gradients), 1);
    digits_panel_t panel = {.file = file, .top = 84, .width = 384, .height = 292, .x_most = x_most};
    panel.id = "loss";
    panel.left = 64;
    s_loss (panel, run, solo, linear);
    panel.id = "accuracy";
    panel.left = 544;
    s_accuracy (panel, run, solo, linear, workers);
    fprintf (file, "</svg>\n");
    bool failed = ferror (file);
    if (fclose (file) || failed) {
        fprintf (stderr, "%s: %s\n", path, strerror (errno));
        return false;
    }
    return true;
}
