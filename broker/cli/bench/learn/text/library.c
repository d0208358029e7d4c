#include "cli/bench/learn/text/library.h"

#include <errno.h>
#include <fts.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { HELD_OUT = 8, LINE_BYTES = 512 };

//  Where standard libraries are, and a file of each, by which its folder is known.
#define PLACE "/usr/lib/python3."
#define FILE_NAME "/os.py"
#define PACKAGES "/var/lib/dpkg/status"
#define SUFFIX ".py"

//  What other packages put into that folder: the text is to be the same with and without them.
static const char *const s_foreign [] = {"dist-packages", "distutils", "ensurepip",
                                         "idlelib",       "lib2to3",   "site-packages",
                                         "test",          "tkinter",   "turtledemo"};

//  ------------------------------------------------------------------------------------------------
//  Where it is

//  The greatest version: 3.11 comes after 3.9.
static const char *
s_newest (const glob_t *found)
{
    const char *newest = NULL;
    int greatest = -1, version;
    for (size_t i = 0; i < found->gl_pathc; i++)
        if (sscanf (found->gl_pathv [i], PLACE "%d", &version) == 1 && version > greatest) {
            greatest = version;
            newest = found->gl_pathv [i];
        }
    return newest;
}

gradmq_err_t
gradmq_library_find (char *folder, size_t size, gradmq_reason_t *reason)
{
    glob_t found = {0};
    int length = -1;
    const char *newest =
        glob (PLACE "[0-9]*" FILE_NAME, 0, NULL, &found) ? NULL : s_newest (&found);
    if (newest)
        length =
            snprintf (folder, size, "%.*s", (int) (strlen (newest) - strlen (FILE_NAME)), newest);
    globfree (&found);
    if (length < 0)
        return gradmq_refuse (reason, GRADMQ_ERR_IO,
                              "there is no text to learn from in " PLACE
                              "*; install the package libpython3-stdlib");
    if ((size_t) length >= size)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT, "the path of the text is too long");
    return GRADMQ_OK;
}

//  The package that a folder belongs to, with the version that is installed.
static void
s_package (gradmq_library_t *self, const char *folder)
{
    char wanted [LINE_BYTES], line [LINE_BYTES], version [LINE_BYTES / 16];
    const char *name = strrchr (folder, '/');
    name = name ? name + 1 : folder;
    snprintf (wanted, sizeof wanted, "Package: lib%s-stdlib\n", name);
    snprintf (self->package, sizeof self->package, "%.24s, no package", name);
    FILE *file = fopen (PACKAGES, "r");
    bool inside = false;
    while (file && fgets (line, sizeof line, file)) {
        if (strncmp (line, "Package:", 8) == 0)
            inside = strcmp (line, wanted) == 0;
        if (inside && sscanf (line, "Version: %31s", version) == 1)
            snprintf (self->package, sizeof self->package, "lib%.16s-stdlib %.31s", name, version);
    }
    if (file)
        fclose (file);
}

//  ------------------------------------------------------------------------------------------------
//  What it holds

//    source  FNV-1a (Fowler, Noll and Vo)
static uint64_t
s_hash (const char *text, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (uint8_t) text [i]) * 0x100000001b3u;
    return hash ^ (hash >> 32);
}

static gradmq_err_t
s_room (gradmq_text_part_t *part, size_t more, gradmq_reason_t *reason)
{
    if (part->space - part->size >= more)
        return GRADMQ_OK;
    size_t space = 2 * part->space + more;
    uint8_t *bytes = realloc (part->bytes, space);
    if (!bytes)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for %zu bytes", space);
    part->bytes = bytes;
    part->space = space;
    return GRADMQ_OK;
}

static gradmq_err_t
s_read (gradmq_text_part_t *part, const char *path, size_t size, size_t most,
        gradmq_reason_t *reason)
{
    if (size > most - part->size)
        size = most - part->size;
    gradmq_err_t err = s_room (part, size, reason);
    if (err || size == 0)
        return err;
    FILE *file = fopen (path, "rb");
    if (!file)
        return gradmq_refuse (reason, GRADMQ_ERR_IO, "%s: %s", path, strerror (errno));
    part->size += fread (part->bytes + part->size, 1, size, file);
    bool failed = ferror (file);
    fclose (file);
    return failed ? gradmq_refuse (reason, GRADMQ_ERR_IO, "%s cannot be read", path) : GRADMQ_OK;
}

static bool
s_is_foreign (const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof s_foreign / sizeof s_foreign [0]; i++)
        if (strlen (s_foreign [i]) == length && memcmp (s_foreign [i], name, length) == 0)
            return true;
    return strncmp (name, "config-", strlen ("config-")) == 0;
}

static gradmq_err_t
s_take (gradmq_library_t *self, const FTSENT *entry, size_t prefix, size_t most,
        gradmq_reason_t *reason)
{
    const char *name = entry->fts_path + prefix;
    size_t length = strlen (name), module = strcspn (name, "/");
    if (s_is_foreign (name, module) || length < strlen (SUFFIX)
        || strcmp (name + length - strlen (SUFFIX), SUFFIX) != 0)
        return GRADMQ_OK;
    bool held_out = s_hash (name, length) % HELD_OUT == 0;
    size_t worker = s_hash (name, module) / HELD_OUT % GRADMQ_LIBRARY_WORKERS;
    gradmq_text_part_t *part = held_out ? &self->test : &self->parts [worker];
    return s_read (part, entry->fts_path, (size_t) entry->fts_statp->st_size, most, reason);
}

static int
s_compare (const FTSENT **a, const FTSENT **b)
{
    return strcmp ((*a)->fts_name, (*b)->fts_name);
}

static gradmq_err_t
s_walk (gradmq_library_t *self, const char *folder, size_t most, gradmq_reason_t *reason)
{
    char *path = strdup (folder);
    if (!path)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    char *const paths [] = {path, NULL};
    FTS *tree = fts_open (paths, FTS_PHYSICAL | FTS_NOCHDIR, s_compare);
    gradmq_err_t err = GRADMQ_OK;
    if (!tree)
        err = gradmq_refuse (reason, GRADMQ_ERR_IO, "%s: %s", folder, strerror (errno));
    for (FTSENT *entry; tree && !err && (entry = fts_read (tree));)
        if (entry->fts_info == FTS_F)
            err = s_take (self, entry, strlen (path) + 1, most, reason);
    if (tree)
        fts_close (tree);
    free (path);
    return err;
}

gradmq_err_t
gradmq_library_load (gradmq_library_t *self, const char *folder, size_t most,
                     gradmq_reason_t *reason)
{
    *self = (gradmq_library_t){0};
    s_package (self, folder);
    gradmq_err_t err = s_walk (self, folder, most, reason);
    size_t least = self->test.size;
    for (size_t i = 0; i < GRADMQ_LIBRARY_WORKERS; i++)
        least = self->parts [i].size < least ? self->parts [i].size : least;
    if (!err && least < GRADMQ_LIBRARY_LEAST)
        err = gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                             "%s has too little text for eight workers: one of them, or what is "
                             "held out, has %zu bytes; install the package libpython3-stdlib",
                             folder, least);
    return err;
}

void
gradmq_library_clear (gradmq_library_t *self)
{
    for (size_t i = 0; i < GRADMQ_LIBRARY_WORKERS; i++)
        free (self->parts [i].bytes);
    free (self->test.bytes);
    *self = (gradmq_library_t){0};
}
