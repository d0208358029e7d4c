//  Run the golden vectors of one subject: conformance.vectors SUBJECT FILE.

#include "vector.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    vector_run_fn *run;
} s_subjects [] = {
    {"gradient", vector_run_gradient}, {"update", vector_run_update}, {"event", vector_run_event},
    {"request", vector_run_request},   {"reply", vector_run_reply},   {"layout", vector_run_layout},
#ifndef GRADMQ_FRAMES_ONLY
    {"payload", vector_run_payload},   {"dtype", vector_run_dtype},
#endif
};

static int
s_run_all (const json_t *root, vector_run_fn *run)
{
    size_t i, bad = 0;
    json_t *vector;
    const json_t *vectors = json_object_get (root, "vectors");
    json_array_foreach (vectors, i, vector)
    {
        char wrong [VECTOR_WRONG_BYTES] = "";
        if (run (vector, wrong))
            continue;
        bad++;
        printf ("%s (rule %s): %s\n", vector_text (vector, "name"), vector_text (vector, "rule"),
                wrong);
    }
    printf ("%zu vectors, %zu wrong\n", i, bad);
    return bad || i == 0;
}

int
main (int argc, char **argv)
{
    if (argc != 3) {
        fprintf (stderr, "conformance.vectors SUBJECT FILE\n");
        return 2;
    }
    json_error_t error;
    json_t *root = json_load_file (argv [2], 0, &error);
    if (!root) {
        fprintf (stderr, "%s: line %d: %s\n", argv [2], error.line, error.text);
        return 2;
    }
    vector_set_folder (argv [2]);
    int status = 2;
    for (size_t i = 0; i < sizeof s_subjects / sizeof s_subjects [0]; i++)
        if (strcmp (s_subjects [i].name, argv [1]) == 0)
            status = s_run_all (root, s_subjects [i].run);
    json_decref (root);
    return status;
}
