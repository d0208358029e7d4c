//  Loads the model that examples/worker.c trains, sets how it is trained, starts it, and shows the
//  parameters: run it before the workers, and again with "show" after them.
//
//      control tcp://127.0.0.1:5570
//      control tcp://127.0.0.1:5570 show

#include "gradmq.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gradmq_err_t
begin (gradmq_remote_t *remote, gradmq_reason_t *why)
{
    const gradmq_layout_info_t layout = {
        .tensors = (const gradmq_tensor_info_t []){{"weight", 0, NULL}, {"bias", 0, NULL}},
        .count = 2,
        .dtype = GRADMQ_F32};
    const float zeros [2] = {0, 0};
    gradmq_err_t err =
        gradmq_remote_set_model_parameters (remote, &layout, GRADMQ_F32, zeros, sizeof zeros, why);
    if (!err)
        err = gradmq_remote_set_parameters (remote, (const char *[]){"optimizer", "learning_rate"},
                                            (const char *[]){"sgd", "0.1"}, 2, why);
    return err ? err : gradmq_remote_start (remote, why);
}

static gradmq_err_t
show (gradmq_remote_t *remote, gradmq_reason_t *why)
{
    gradmq_parameters_view_t view;
    const gradmq_layout_info_t *layout;
    gradmq_err_t err = gradmq_remote_get_model_parameters (remote, "f32", &view, &layout, why);
    if (err)
        return err;
    const float *values = (const float *) view.data;
    for (size_t i = 0; i < layout->count; i++)
        printf ("%s %.3f\n", layout->tensors [i].name, (double) values [i]);
    const char *json;
    err = gradmq_remote_status (remote, &json, why);
    if (!err)
        puts (json);
    return err;
}

int
main (int argc, char **argv)
{
    gradmq_remote_t *remote;
    gradmq_reason_t why;
    const gradmq_options_t options = {.control = argc > 1 ? argv [1] : "tcp://127.0.0.1:5570"};
    gradmq_err_t err = gradmq_remote_open (&remote, &options, &why);
    if (!err)
        err =
            argc > 2 && strcmp (argv [2], "show") == 0 ? show (remote, &why) : begin (remote, &why);
    if (err)
        fprintf (stderr, "%s: %s\n", gradmq_err_name (err), why.text);
    gradmq_remote_close (&remote);
    return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
