//  The verbs that need no coordinator: solo, linear, report, curve.

#include "curve.h"
#include "linear.h"
#include "options.h"
#include "solo.h"

#include <inttypes.h>
#include <stdio.h>

int
digits_solo (const digits_options_t *options)
{
    digits_data_t data = {0};
    digits_record_t record = {0};
    if (!digits_options_need ("csv", options->csv))
        return 2;
    bool good = digits_data_load (&data, options->data);
    if (good && !digits_solo_train (&data, options->gradients, options->seed, &record)) {
        fprintf (stderr, "gradmq-digits: out of memory\n");
        good = false;
    }
    good = good && digits_record_write (&record, options->csv);
    digits_record_destroy (&record);
    digits_data_destroy (&data);
    return good ? 0 : 1;
}

int
digits_linear (const digits_options_t *options)
{
    digits_data_t data = {0};
    digits_record_t record = {0};
    digits_score_t train, test;
    if (!digits_options_need ("csv", options->csv))
        return 2;
    bool good = digits_data_load (&data, options->data);
    if (good) {
        good = digits_linear_train (&data, &train, &test)
               && digits_record_add (&record, &(digits_point_t){.train_loss = train.loss,
                                                                .test_loss = test.loss,
                                                                .test_accuracy = test.accuracy});
        if (!good)
            fprintf (stderr, "gradmq-digits: out of memory\n");
    }
    good = good && digits_record_write (&record, options->csv);
    digits_record_destroy (&record);
    digits_data_destroy (&data);
    return good ? 0 : 1;
}

//  The three records that report and curve compare.
typedef struct {
    digits_record_t run, solo, linear;
} records_t;

static int
s_records (records_t *records, const digits_options_t *options)
{
    *records = (records_t){0};
    if (!digits_options_need ("csv", options->csv) || !digits_options_need ("solo", options->solo)
        || !digits_options_need ("linear", options->linear))
        return 2;
    return digits_record_read (&records->run, options->csv)
                   && digits_record_read (&records->solo, options->solo)
                   && digits_record_read (&records->linear, options->linear)
               ? 0
               : 1;
}

static void
s_records_destroy (records_t *records)
{
    digits_record_destroy (&records->run);
    digits_record_destroy (&records->solo);
    digits_record_destroy (&records->linear);
}

static void
s_report_line (const char *what, const digits_record_t *record)
{
    const digits_point_t *last = &record->points [record->count - 1];
    char gradients [32] = "-";
    if (last->gradients)
        snprintf (gradients, sizeof gradients, "%" PRIu64, last->gradients);
    printf ("%-36s %13.4f %10.4f %10s\n", what, last->test_accuracy, last->test_loss, gradients);
}

int
digits_report (const digits_options_t *options)
{
    records_t records;
    int status = s_records (&records, options);
    if (status == 0) {
        char title [64];
        snprintf (title, sizeof title, "the network, %" PRIu64 " GradMQ worker%s", options->parts,
                  options->parts == 1 ? "" : "s");
        printf ("%-36s %13s %10s %10s\n", "", "test accuracy", "test loss", "gradients");
        s_report_line ("linear model", &records.linear);
        s_report_line ("the network, one process", &records.solo);
        s_report_line (title, &records.run);
    }
    s_records_destroy (&records);
    return status;
}

int
digits_curve (const digits_options_t *options)
{
    records_t records;
    if (!digits_options_need ("out", options->out))
        return 2;
    int status = s_records (&records, options);
    if (status == 0
        && !digits_curve_draw (options->out, &records.run, &records.solo, &records.linear,
                               (unsigned) options->parts))
        status = 1;
    s_records_destroy (&records);
    return status;
}
