#include "cli/bench/bench.h"

#include "cli/bench/pairs.h"
#include "cli/cli.h"
#include "cli/suggest.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAIRS_USUAL = 5, FOLDER_BYTES = 64 };

//  The program `name` in the folder of this one.
static void
s_beside (char path [PATH_MAX], const char *name)
{
    ssize_t length = readlink ("/proc/self/exe", path, PATH_MAX - strlen (name) - 1);
    path [length > 0 ? length : 0] = 0;
    char *slash = strrchr (path, '/');
    strcpy (slash ? slash + 1 : path, name);
}

//  Where data that are installed with this program are.
static void
s_shared (char path [PATH_MAX], const char *name)
{
    s_beside (path, "../share/gradmq/");
    size_t length = strlen (path);
    snprintf (path + length, PATH_MAX - length, "%s", name);
}

static const char *
s_name_at (size_t index, void *context)
{
    (void) context;
    const gradmq_bench_entry_t *entry = gradmq_bench_at (index);
    return entry ? entry->name : NULL;
}

static gradmq_err_t
s_check (const gradmq_cli_t *cli, gradmq_reason_t *reason)
{
    const char *word;
    for (size_t i = 0; (word = gradmq_args_word (cli->args, i)); i++) {
        const char *near = gradmq_suggest (word, s_name_at, NULL);
        if (!gradmq_bench_find (word))
            return gradmq_refuse (
                reason, GRADMQ_ERR_USAGE,
                "there is no benchmark \"%.60s\"%s%s%s; `gradmq help bench` lists "
                "them",
                word, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    }
    const gradmq_given_t *pairs = gradmq_args_option (cli->args, GRADMQ_OPT_PAIRS);
    if (pairs && (pairs->count < 1 || pairs->count > GRADMQ_BENCH_PAIRS_MOST))
        return gradmq_refuse (reason, GRADMQ_ERR_USAGE, "--pairs is 1 to %d",
                              GRADMQ_BENCH_PAIRS_MOST);
    return GRADMQ_OK;
}

//  Those that were named, or the usual ones.
static gradmq_err_t
s_run (const gradmq_cli_t *cli, const gradmq_bench_t *bench, gradmq_reason_t *reason)
{
    const gradmq_bench_entry_t *entry;
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; !err && (entry = gradmq_bench_at (i)); i++) {
        bool wanted = entry->usual && !gradmq_args_word (cli->args, 0);
        for (size_t j = 0; gradmq_args_word (cli->args, j); j++)
            wanted |= strcmp (gradmq_args_word (cli->args, j), entry->name) == 0;
        if (wanted)
            err = entry->run (bench, reason);
    }
    return err;
}

static void
s_remove (const char *folder)
{
    static const char *const names [] = {"control", "gradients", "updates", "events",
                                         "raw1",    "raw2",      "raw3"};
    char path [PATH_MAX];
    for (size_t i = 0; i < sizeof names / sizeof names [0]; i++) {
        snprintf (path, sizeof path, "%s/%s", folder, names [i]);
        unlink (path);
    }
    rmdir (folder);
}

gradmq_err_t
gradmq_verb_bench (gradmq_cli_t *cli, gradmq_reason_t *reason)
{
    gradmq_err_t err = s_check (cli, reason);
    if (err)
        return err;
    char folder [FOLDER_BYTES] = "/tmp/gradmq-bench-XXXXXX";
    char daemon [PATH_MAX], digits [PATH_MAX];
    s_beside (daemon, "gradmqd");
    s_shared (digits, "digits.csv");
    if (!mkdtemp (folder))
        return gradmq_refuse (reason, GRADMQ_ERR_IO, "%s: %s", folder, strerror (errno));
    const gradmq_given_t *pairs = gradmq_args_option (cli->args, GRADMQ_OPT_PAIRS);
    gradmq_bench_rows_t rows = {0};
    const gradmq_bench_t bench = {.quick = gradmq_args_has (cli->args, GRADMQ_OPT_QUICK),
                                  .pairs = pairs ? (size_t) pairs->count : PAIRS_USUAL,
                                  .daemon = daemon,
                                  .folder = folder,
                                  .data = gradmq_args_text (cli->args, GRADMQ_OPT_DATA, digits),
                                  .progress = cli->quiet || cli->json ? NULL : cli->err,
                                  .rows = &rows};
    err = s_run (cli, &bench, reason);
    s_remove (folder);
    if (cli->json)
        gradmq_bench_rows_json (&rows, cli->out);
    else if (gradmq_bench_rows_print (&rows, cli->out) && !err)
        err = gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    gradmq_bench_rows_clear (&rows);
    return err;
}
