#include "metrics/prometheus.h"

#include "core/error.h"
#include "core/utf8.h"

#include <math.h>
#include <string.h>

typedef struct {
    const char *name, *label, *help;
} s_row_t;

static const s_row_t s_gauges [] = {
#define GAUGE(name, help) {#name, "", help},
#define LABELLED(name, label, help)
#include "metrics/gauge.def"
};

#undef GAUGE
#undef LABELLED
#define GAUGE(name, help)
#define LABELLED(name, label, help) {#name, label, help},
static const s_row_t s_labelled [] = {
#include "metrics/gauge.def"
};

//  Places of a histogram that have a bound of their own. The first are one where they say too little:
//  times below 16 us.
enum { PLACES_MOST = 25, PLACES_FIRST_OF_TIMES = 4 };

//  ------------------------------------------------------------------------------------------------
//  Names

//  How many of the unit at the end of a name make a second; 1 where it is no unit of time.
static double
s_unit (const char *name, size_t *stem)
{
    size_t length = strlen (name);
    *stem = length > 3 ? length - 3 : 0;
    if (length > 3 && strcmp (name + *stem, "_ms") == 0)
        return 1e3;
    if (length > 3 && strcmp (name + *stem, "_us") == 0)
        return 1e6;
    *stem = length;
    return 1;
}

//    returns what a value is divided by
static double
s_family (gradmq_family_t *family, const char *name, const char *end, const char *type,
          const char *help)
{
    size_t stem;
    double unit = s_unit (name, &stem);
    family->type = type;
    family->help = help;
    snprintf (family->name, sizeof family->name, "gradmq_%.*s%s%s", (int) stem, name,
              unit > 1 ? "_seconds" : "", end);
    return unit;
}

static double
s_counter (gradmq_family_t *family, size_t id)
{
    return s_family (family, gradmq_counter_name ((gradmq_counter_id_t) id), "_total", "counter",
                     gradmq_counter_help ((gradmq_counter_id_t) id));
}

static void
s_by_code (gradmq_family_t *family, size_t id)
{
    s_family (family, gradmq_by_code_name ((gradmq_by_code_t) id), "_reason_total", "counter",
              gradmq_by_code_help ((gradmq_by_code_t) id));
}

static double
s_by_size (gradmq_family_t *family, size_t id)
{
    return s_family (family, gradmq_by_size_name ((gradmq_by_size_t) id), "", "histogram",
                     gradmq_by_size_help ((gradmq_by_size_t) id));
}

static void
s_gauge (gradmq_family_t *family, const s_row_t *row)
{
    s_family (family, row->name, "", "gauge", row->help);
}

bool
gradmq_prometheus_family (size_t index, gradmq_family_t *family)
{
    if (index < GRADMQ_COUNTERS)
        s_counter (family, index);
    else if ((index -= GRADMQ_COUNTERS) < GRADMQ_BY_CODES)
        s_by_code (family, index);
    else if ((index -= GRADMQ_BY_CODES) < GRADMQ_BY_SIZES)
        s_by_size (family, index);
    else if ((index -= GRADMQ_BY_SIZES) < GRADMQ_GAUGES)
        s_gauge (family, &s_gauges [index]);
    else if ((index -= GRADMQ_GAUGES) < GRADMQ_LABELLEDS)
        s_gauge (family, &s_labelled [index]);
    else
        return false;
    return true;
}

//  ------------------------------------------------------------------------------------------------
//  Text

static void
s_head (FILE *to, const gradmq_family_t *family)
{
    fprintf (to, "# HELP %s ", family->name);
    for (const char *at = family->help; *at; at++)
        if (*at == '\\')
            fputs ("\\\\", to);
        else
            fputc (*at == '\n' ? ' ' : *at, to);
    fprintf (to, "\n# TYPE %s %s\n", family->name, family->type);
}

//  A label's value: any text, escaped. What is not UTF-8 is replaced.
static void
s_label (FILE *to, const char *name, const char *value)
{
    fprintf (to, "%s=\"", name);
    for (size_t left = strlen (value), length; left; value += length, left -= length) {
        length = gradmq_utf8_length (value, left);
        if (!length) {
            length = 1;
            fputc ('?', to);
        } else if (*value == '\n')
            fputs ("\\n", to);
        else {
            if (*value == '\\' || *value == '"')
                fputc ('\\', to);
            fwrite (value, length, 1, to);
        }
    }
    fputc ('"', to);
}

//  The name of a value, its label `model`, and one more where there is one.
static void
s_name (FILE *to, const char *name, const char *end, const char *model, const char *label,
        const char *value)
{
    fprintf (to, "%s%s{", name, end);
    s_label (to, "model", model);
    if (label) {
        fputc (',', to);
        s_label (to, label, value);
    }
    fputs ("} ", to);
}

static void
s_real (FILE *to, double value)
{
    if (isnan (value))
        fputs ("NaN", to);
    else if (isinf (value))
        fputs (value < 0 ? "-Inf" : "+Inf", to);
    else if (fabs (value) < 1e15 && value == floor (value))
        fprintf (to, "%.0f", value);
    else
        fprintf (to, "%.15g", value);
}

static void
s_line (FILE *to, double value)
{
    s_real (to, value);
    fputc ('\n', to);
}

static void
s_print_codes (FILE *to, const char *model, const gradmq_counters_t *counters, size_t id)
{
    gradmq_family_t family;
    s_by_code (&family, id);
    s_head (to, &family);
    for (uint32_t code = 0; code < GRADMQ_COUNTED_CODES; code++)
        if (counters->by_code [id][code]) {
            s_name (to, family.name, "", model, "reason", gradmq_err_name ((gradmq_err_t) code));
            s_line (to, (double) counters->by_code [id][code]);
        }
}

//  The greatest whole number that is counted at a place, as a bound; a time was cut to whole
//  microseconds, so it is less than the next.
static void
s_bound (char text [32], size_t place, double unit)
{
    double next = ldexp (1, (int) place);
    if (unit > 1)
        snprintf (text, 32, "%.15g", next / unit);
    else
        snprintf (text, 32, "%.0f", next - 1);
}

static void
s_print_sizes (FILE *to, const char *model, const gradmq_counters_t *counters, size_t id)
{
    gradmq_family_t family;
    double unit = s_by_size (&family, id);
    uint64_t sum = 0;
    s_head (to, &family);
    for (size_t place = 0; place < GRADMQ_COUNTED_SIZES; place++) {
        char bound [32];
        sum += counters->by_size [id][place];
        if (place >= PLACES_MOST || (unit > 1 && place < PLACES_FIRST_OF_TIMES))
            continue;
        s_bound (bound, place, unit);
        s_name (to, family.name, "_bucket", model, "le", bound);
        s_line (to, (double) sum);
    }
    s_name (to, family.name, "_bucket", model, "le", "+Inf");
    s_line (to, (double) sum);
    s_name (to, family.name, "_sum", model, NULL, NULL);
    s_line (to, (double) counters->sum [id] / unit);
    s_name (to, family.name, "_count", model, NULL, NULL);
    s_line (to, (double) sum);
}

void
gradmq_prometheus_counters (FILE *to, const char *model, const gradmq_counters_t *counters)
{
    for (size_t id = 0; id < GRADMQ_COUNTERS; id++) {
        gradmq_family_t family;
        double unit = s_counter (&family, id);
        s_head (to, &family);
        s_name (to, family.name, "", model, NULL, NULL);
        s_line (to, (double) counters->value [id] / unit);
    }
    for (size_t id = 0; id < GRADMQ_BY_CODES; id++)
        s_print_codes (to, model, counters, id);
    for (size_t id = 0; id < GRADMQ_BY_SIZES; id++)
        s_print_sizes (to, model, counters, id);
}

void
gradmq_prometheus_gauges (FILE *to, const char *model, const double values [GRADMQ_GAUGES])
{
    for (size_t id = 0; id < GRADMQ_GAUGES; id++) {
        gradmq_family_t family;
        s_gauge (&family, &s_gauges [id]);
        s_head (to, &family);
        s_name (to, family.name, "", model, NULL, NULL);
        s_line (to, values [id]);
    }
}

void
gradmq_prometheus_labelled (FILE *to, const char *model, gradmq_labelled_id_t id,
                            const gradmq_labelled_t *list, size_t count)
{
    gradmq_family_t family;
    s_gauge (&family, &s_labelled [id]);
    s_head (to, &family);
    for (size_t i = 0; i < count; i++) {
        s_name (to, family.name, "", model, s_labelled [id].label, list [i].label);
        s_line (to, list [i].value);
    }
}
