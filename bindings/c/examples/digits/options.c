#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *name;
    const char *value;
    const char *help;
    const char **text;  //  where it goes; or
    uint64_t *count;
    uint64_t most;
} option_t;

static const digits_verb_t s_verbs [] = {
#define VERB(name, help) {#name, digits_##name, help},
#include "verb.def"
};
#define VERBS (sizeof s_verbs / sizeof *s_verbs)

#define TEXT(field, name, value, fallback, help) +1
#define COUNT(field, name, value, fallback, most, help) +1
enum {
    OPTIONS = 0
#include "option.def"
};

static void
s_table (digits_options_t *options, option_t table [OPTIONS])
{
    size_t i = 0;
#define TEXT(field, name, value, fallback, help)                                                   \
    options->field = fallback;                                                                     \
    table [i++] = (option_t){name, value, help, &options->field, NULL, 0};
#define COUNT(field, name, value, fallback, most, help)                                            \
    options->field = fallback;                                                                     \
    table [i++] = (option_t){name, value, help, NULL, &options->field, most};
#include "option.def"
}

static void
s_help (const option_t table [OPTIONS])
{
    printf ("Usage: gradmq-digits VERB [OPTION]...\n"
            "Train a small network to read handwritten digits, with a GradMQ coordinator.\n\n");
    for (size_t i = 0; i < VERBS; i++)
        printf ("  %-22s %s\n", s_verbs [i].name, s_verbs [i].help);
    printf ("\n");
    for (size_t i = 0; i < OPTIONS; i++) {
        char left [64];
        snprintf (left, sizeof left, "--%s %s", table [i].name, table [i].value);
        printf ("  %-22s %s", left, table [i].help);
        if (table [i].count)
            printf (" [%" PRIu64 "]", *table [i].count);
        printf ("\n");
    }
    printf ("  %-22s %s\n", "--help", "this text");
}

static bool
s_take (const option_t *option, const char *value)
{
    if (option->text) {
        *option->text = value;
        return true;
    }
    char *end;
    errno = 0;
    unsigned long long number = strtoull (value, &end, 10);
    if (errno || *end || *value < '0' || *value > '9' || number < 1 || number > option->most) {
        fprintf (stderr, "gradmq-digits: --%s %s: not a number from 1 to %" PRIu64 "\n",
                 option->name, value, option->most);
        return false;
    }
    *option->count = number;
    return true;
}

static const digits_verb_t *
s_verb (const char *name)
{
    for (size_t i = 0; name && i < VERBS; i++)
        if (strcmp (name, s_verbs [i].name) == 0)
            return &s_verbs [i];
    return NULL;
}

int
digits_options_read (digits_options_t *options, const digits_verb_t **verb, int argc, char **argv)
{
    option_t table [OPTIONS];
    struct option known [OPTIONS + 2] = {0};
    s_table (options, table);
    for (size_t i = 0; i < OPTIONS; i++)
        known [i] = (struct option){table [i].name, required_argument, NULL, (int) i};
    known [OPTIONS] = (struct option){"help", no_argument, NULL, OPTIONS};
    *verb = NULL;
    int which;
    while ((which = getopt_long (argc, argv, "", known, NULL)) >= 0) {
        if (which == OPTIONS) {
            s_help (table);
            return 0;
        }
        if (which == '?' || !s_take (&table [which], optarg))
            return 2;
    }
    const char *name = optind < argc ? argv [optind] : NULL;
    if (optind + 1 == argc)
        *verb = s_verb (name);
    if (!*verb)
        fprintf (stderr, "gradmq-digits: %s: not one verb; --help lists them\n",
                 name ? name : "no verb");
    return 2;
}

bool
digits_options_need (const char *name, const char *value)
{
    if (!value)
        fprintf (stderr, "gradmq-digits: --%s is needed here\n", name);
    return value != NULL;
}
