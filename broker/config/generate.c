//  Writes at build time what is generated from the tables: gradmqd-text man | example | help.

#include "config/document.h"

#include <string.h>

int
main (int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*write) (FILE *to);
    } texts [] = {{"man", gradmq_document_man},
                  {"example", gradmq_document_example},
                  {"help", gradmq_document_help}};
    for (size_t i = 0; argc == 2 && i < sizeof texts / sizeof texts [0]; i++)
        if (strcmp (argv [1], texts [i].name) == 0) {
            texts [i].write (stdout);
            return fflush (stdout) || ferror (stdout) ? 1 : 0;
        }
    fputs ("usage: gradmqd-text man | example | help\n", stderr);
    return 2;
}
