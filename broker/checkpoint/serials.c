#include "checkpoint/serials.h"

#include "core/size.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static gradmq_err_t
s_failed (const char *path, const char *what, gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_IO, "%.200s: cannot %s: %s", path, what,
                          strerror (errno));
}

//  Whether a name is `front`, 20 digits, `end`.
static bool
s_is_one (const char *name, const char *front, const char *end, uint64_t *serial)
{
    const size_t digits = 20;
    if (strncmp (name, front, strlen (front)) != 0)
        return false;
    const char *at = name + strlen (front);
    if (strspn (at, "0123456789") != digits || strcmp (at + digits, end) != 0)
        return false;
    uint64_t number = 0;
    for (size_t i = 0; i < digits; i++)
        if (!gradmq_size_mul (number, 10, &number)
            || !gradmq_size_add (number, (uint64_t) (at [i] - '0'), &number))
            return false;
    *serial = number;
    return true;
}

static bool
s_is_file (DIR *folder, const char *name)
{
    struct stat about;
    return fstatat (dirfd (folder), name, &about, 0) == 0 && S_ISREG (about.st_mode);
}

static int
s_newest_first (const void *a, const void *b)
{
    uint64_t first = *(const uint64_t *) a, second = *(const uint64_t *) b;
    return first > second ? -1 : first < second;
}

static gradmq_err_t
s_add (gradmq_serials_t *self, size_t *room, uint64_t serial, gradmq_reason_t *reason)
{
    if (self->count == *room) {
        size_t more = *room ? *room * 2 : 16;
        uint64_t *larger = realloc (self->serials, more * sizeof *larger);
        if (!larger)
            return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
        self->serials = larger;
        *room = more;
    }
    self->serials [self->count++] = serial;
    return GRADMQ_OK;
}

//  The next entry; NULL at the end, and then *err says whether all were read.
static const struct dirent *
s_next (DIR *folder, const char *path, gradmq_err_t *err, gradmq_reason_t *reason)
{
    errno = 0;
    const struct dirent *entry = readdir (folder);
    if (!entry && errno)
        *err = s_failed (path, "read the folder", reason);
    return entry;
}

gradmq_err_t
gradmq_serials_list (gradmq_serials_t *self, const char *folder, const char *front, const char *end,
                     gradmq_reason_t *reason)
{
    size_t room = 0;
    *self = (gradmq_serials_t){0};
    DIR *names = opendir (folder);
    if (!names)
        return s_failed (folder, "open the folder", reason);
    gradmq_err_t err = GRADMQ_OK;
    const struct dirent *entry;
    while (!err && (entry = s_next (names, folder, &err, reason))) {
        uint64_t serial;
        if (s_is_one (entry->d_name, front, end, &serial) && s_is_file (names, entry->d_name))
            err = s_add (self, &room, serial, reason);
    }
    closedir (names);
    if (err)
        gradmq_serials_clear (self);
    else if (self->count)
        qsort (self->serials, self->count, sizeof *self->serials, s_newest_first);
    return err;
}

void
gradmq_serials_clear (gradmq_serials_t *self)
{
    free (self->serials);
    *self = (gradmq_serials_t){0};
}
