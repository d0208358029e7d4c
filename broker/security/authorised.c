#include "security/authorised.h"

#include "core/log.h"
#include "security/file.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

//  A file counts once it is closed, moved or linked here: not while it is written.
#define WATCHED                                                                                    \
    (IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB              \
     | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

//  Every key that may do something, by key.
typedef struct {
    gradmq_permit_t *permits;
    size_t count, room;
} s_set_t;

struct gradmq_authorised {
    char *folder;
    int watch;     //  inotify's descriptor
    int watching;  //  what it tells of; -1: nothing
    bool again;    //  the folder could not be read: try again
    pthread_mutex_t mutex;
    s_set_t set;
    uint64_t lost;
};

//  --------------------------------------------------------------------------------------------
//  Reading the folder

static int
s_compare (const void *a, const void *b)
{
    return strcmp (((const gradmq_permit_t *) a)->key, ((const gradmq_permit_t *) b)->key);
}

static int
s_compare_key (const void *key, const void *permit)
{
    return strcmp (key, ((const gradmq_permit_t *) permit)->key);
}

static const gradmq_permit_t *
s_find (const s_set_t *set, const char *key)
{
    if (!set->count)
        return NULL;
    return bsearch (key, set->permits, set->count, sizeof *set->permits, s_compare_key);
}

//  What a certificate in the folder is good for.
static gradmq_err_t
s_permit (gradmq_permit_t *permit, const gradmq_certificate_t *certificate, const char *file,
          gradmq_reason_t *reason)
{
    if (certificate->secret_key [0])
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                              "%.80s has a secret key, which belongs to its owner alone: put the "
                              "file that ends in .public here",
                              file);
    if (!certificate->has_role)
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT, "%.80s has no metadata/role", file);
    if (certificate->role == GRADMQ_ROLE_WORKER && !certificate->workers [0]
        && !certificate->name [0])
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                              "%.80s is a worker's, but has neither metadata/name nor "
                              "metadata/workers: under which names may it join?",
                              file);
    memset (permit, 0, sizeof *permit);
    permit->role = certificate->role;
    memcpy (permit->key, certificate->public_key, sizeof permit->key);
    snprintf (permit->name, sizeof permit->name, "%.*s", (int) GRADMQ_NAME_BYTES_MAX,
              certificate->name [0] ? certificate->name : file);
    memcpy (permit->workers, certificate->workers, sizeof permit->workers);
    if (permit->role == GRADMQ_ROLE_WORKER && !permit->workers [0])
        memcpy (permit->workers, certificate->name, sizeof certificate->name);
    return GRADMQ_OK;
}

static gradmq_err_t
s_room_for_one (s_set_t *set, gradmq_reason_t *reason)
{
    if (set->count < set->room)
        return GRADMQ_OK;
    if (set->count == GRADMQ_AUTHORISED_MAX)
        return gradmq_refuse (reason, GRADMQ_ERR_TOO_LARGE, "more than %u keys",
                              GRADMQ_AUTHORISED_MAX);
    size_t room = set->room ? 2 * set->room : 64;
    gradmq_permit_t *permits = realloc (set->permits, room * sizeof *permits);
    if (!permits)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for %zu keys", room);
    set->permits = permits;
    set->room = room;
    return GRADMQ_OK;
}

static gradmq_err_t
s_add (s_set_t *set, int folder, const char *file, gradmq_reason_t *reason)
{
    gradmq_certificate_t certificate;
    gradmq_permit_t permit;
    gradmq_err_t err = gradmq_certificate_load_public (&certificate, folder, file, reason);
    if (err)
        return err;
    err = s_permit (&permit, &certificate, file, reason);
    gradmq_certificate_wipe (&certificate);
    if (!err)
        err = s_room_for_one (set, reason);
    if (!err)
        set->permits [set->count++] = permit;
    return err;
}

//  Two files with one key contradict each other: neither counts, as nobody can say which was meant.
static void
s_drop_twins (s_set_t *set)
{
    size_t kept = 0;
    for (size_t i = 0, end; i < set->count; i = end) {
        for (end = i + 1; end < set->count && !s_compare (&set->permits [i], &set->permits [end]);)
            end++;
        if (end == i + 1)
            set->permits [kept++] = set->permits [i];
        else
            gradmq_log (GRADMQ_LOG_WARNING,
                        "authorised keys: %zu files have the key %s, among them those of %s and "
                        "%s; it is not authorised until one is left",
                        end - i, set->permits [i].key, set->permits [i].name,
                        set->permits [i + 1].name);
    }
    set->count = kept;
}

static gradmq_err_t
s_read_folder (s_set_t *set, const char *path, gradmq_reason_t *reason)
{
    int fd;
    gradmq_err_t err = gradmq_file_open_folder (path, &fd, reason);
    if (err)
        return err;
    DIR *folder = fdopendir (fd);
    if (!folder) {
        close (fd);
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory to read %.200s", path);
    }
    const struct dirent *entry;
    while (!err && (errno = 0, entry = readdir (folder))) {
        gradmq_reason_t why = {0};
        if (entry->d_name [0] == '.')
            continue;
        gradmq_err_t trouble = s_add (set, fd, entry->d_name, &why);
        if (trouble == GRADMQ_ERR_MEMORY || trouble == GRADMQ_ERR_TOO_LARGE)
            err = gradmq_refuse (reason, trouble, "%.200s: %.200s", path, why.text);
        else if (trouble)
            gradmq_log (GRADMQ_LOG_WARNING, "authorised keys: left out: %s", why.text);
    }
    if (!err && errno)
        err = gradmq_refuse (reason, GRADMQ_ERR_IO, "%.200s: cannot read the folder: %s", path,
                             strerror (errno));
    closedir (folder);
    if (!err && set->count) {
        qsort (set->permits, set->count, sizeof *set->permits, s_compare);
        s_drop_twins (set);
    }
    return err;
}

//  --------------------------------------------------------------------------------------------
//  What has changed

//  Say who has lost his place, and count him.
static void
s_note_lost (gradmq_authorised_t *self, const s_set_t *now)
{
    for (size_t i = 0; i < self->set.count; i++)
        if (!s_find (now, self->set.permits [i].key)) {
            gradmq_log (GRADMQ_LOG_INFO, "authorised keys: %s (%s) is no longer one of them",
                        self->set.permits [i].name, gradmq_role_name (self->set.permits [i].role));
            self->lost++;
        }
}

static void
s_watch (gradmq_authorised_t *self)
{
    //  The folder of this name may be another one by now.
    if (self->watching >= 0)
        inotify_rm_watch (self->watch, self->watching);
    self->watching = inotify_add_watch (self->watch, self->folder, WATCHED);
}

//  The folder is watched before it is read: what changes meanwhile is told afterwards.
static gradmq_err_t
s_reload (gradmq_authorised_t *self, gradmq_reason_t *reason)
{
    s_set_t now = {0};
    s_watch (self);
    gradmq_err_t err = s_read_folder (&now, self->folder, reason);
    if (!err && self->watching < 0)
        err = gradmq_refuse (reason, GRADMQ_ERR_IO, "%.200s: changes cannot be watched: %s",
                             self->folder, strerror (errno));
    if (err)
        now.count = 0;
    s_note_lost (self, &now);
    free (self->set.permits);
    self->set = now;
    self->again = err != GRADMQ_OK;
    size_t roles [GRADMQ_ROLES] = {0};
    for (size_t i = 0; i < now.count; i++)
        roles [now.permits [i].role]++;
    if (!err)
        gradmq_log (GRADMQ_LOG_INFO,
                    "authorised keys: %zu in %s: %zu observers, %zu workers, %zu admins", now.count,
                    self->folder, roles [GRADMQ_ROLE_OBSERVER], roles [GRADMQ_ROLE_WORKER],
                    roles [GRADMQ_ROLE_ADMIN]);
    return err;
}

//  A file that has just been made is written yet, unless it is a link to one that was.
static bool
s_counts (const gradmq_authorised_t *self, const struct inotify_event *event)
{
    char path [4096];
    struct stat file;
    if (!(event->mask & IN_CREATE) || !event->len)
        return !(event->mask & IN_IGNORED);
    if (snprintf (path, sizeof path, "%s/%s", self->folder, event->name) >= (int) sizeof path
        || lstat (path, &file) != 0)
        return true;
    return !S_ISREG (file.st_mode) || file.st_nlink > 1;
}

//  True when something happened in the folder since this was asked last.
static bool
s_changed (const gradmq_authorised_t *self)
{
    _Alignas(struct inotify_event) char events [4096];
    bool changed = false;
    ssize_t size;
    while ((size = read (self->watch, events, sizeof events)) > 0)
        for (char *at = events; at < events + size;) {
            const void *generic = at;
            const struct inotify_event *event = generic;
            changed |= s_counts (self, event);
            at += sizeof *event + event->len;
        }
    return changed;
}

//  Bring the set up to date. Failures are logged when they begin.
static void
s_refresh (gradmq_authorised_t *self)
{
    gradmq_reason_t why = {0};
    bool failed = self->again;
    if (s_changed (self) && s_reload (self, &why) && !failed)
        gradmq_log (GRADMQ_LOG_ERROR, "authorised keys: nobody is authorised: %s", why.text);
}

//  --------------------------------------------------------------------------------------------
//  Calls

gradmq_err_t
gradmq_authorised_open (gradmq_authorised_t **self_p, const char *folder, gradmq_reason_t *reason)
{
    gradmq_authorised_t *self = *self_p = calloc (1, sizeof *self);
    if (!self)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for keys");
    pthread_mutex_init (&self->mutex, NULL);
    self->watching = -1;
    self->watch = inotify_init1 (IN_NONBLOCK | IN_CLOEXEC);
    self->folder = strdup (folder);
    gradmq_err_t err = GRADMQ_OK;
    if (self->watch < 0)
        err = gradmq_refuse (reason, GRADMQ_ERR_IO, "%.200s: changes cannot be watched: %s", folder,
                             strerror (errno));
    else if (!self->folder)
        err = gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for keys");
    else
        err = s_reload (self, reason);
    if (err)
        gradmq_authorised_close (self_p);
    return err;
}

void
gradmq_authorised_close (gradmq_authorised_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    gradmq_authorised_t *self = *self_p;
    if (self->watch >= 0)
        close (self->watch);
    free (self->set.permits);
    free (self->folder);
    pthread_mutex_destroy (&self->mutex);
    free (self);
    *self_p = NULL;
}

bool
gradmq_authorised_find (gradmq_authorised_t *self, const char *key, gradmq_permit_t *permit)
{
    pthread_mutex_lock (&self->mutex);
    s_refresh (self);
    const gradmq_permit_t *found = s_find (&self->set, key);
    if (found)
        *permit = *found;
    pthread_mutex_unlock (&self->mutex);
    return found != NULL;
}

gradmq_err_t
gradmq_authorised_reload (gradmq_authorised_t *self, gradmq_reason_t *reason)
{
    pthread_mutex_lock (&self->mutex);
    gradmq_err_t err = s_reload (self, reason);
    pthread_mutex_unlock (&self->mutex);
    return err;
}

uint64_t
gradmq_authorised_look (gradmq_authorised_t *self)
{
    gradmq_reason_t why;
    pthread_mutex_lock (&self->mutex);
    if (self->again)
        (void) s_reload (self, &why);
    else
        s_refresh (self);
    uint64_t lost = self->lost;
    pthread_mutex_unlock (&self->mutex);
    return lost;
}

bool
gradmq_permit_names (const gradmq_permit_t *self, const char *worker)
{
    return !self->workers [0] || gradmq_role_names (self->workers, worker);
}
