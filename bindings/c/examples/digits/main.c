#include "options.h"

#include <cblas.h>

int
main (int argc, char **argv)
{
    digits_options_t options;
    const digits_verb_t *verb;
    int status = digits_options_read (&options, &verb, argc, argv);
    if (!verb)
        return status;
    openblas_set_num_threads (1);  //  these products are too small to share
    return verb->run (&options);
}
