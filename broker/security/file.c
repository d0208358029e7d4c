#include "security/file.h"

#include "core/random.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

//  True for a file in the folder in which the service manager puts what it was given for us.
static bool
s_is_credential (const char *path)
{
    const char *folder = getenv ("CREDENTIALS_DIRECTORY");
    size_t length = folder ? strlen (folder) : 0;
    return length && strncmp (path, folder, length) == 0 && path [length] == '/'
           && !strstr (path + length, "/..");
}

//  Nobody but this user and root may be able to do what the bits in `denied` say.
static gradmq_err_t
s_check_mode (const struct stat *file, mode_t denied, const char *path, const char *mend,
              gradmq_reason_t *reason)
{
    if (file->st_uid != geteuid () && file->st_uid != 0)
        return gradmq_refuse (
            reason, GRADMQ_ERR_PERMISSION,
            "%.200s belongs to another user, who could change it: chown it to the "
            "user that runs this, or to root",
            path);
    if (file->st_mode & denied)
        return gradmq_refuse (reason, GRADMQ_ERR_PERMISSION,
                              "%.200s has mode %04o, which lets others %s it: chmod %s %.200s",
                              path, (unsigned) (file->st_mode & 07777),
                              file->st_mode & denied & 022 ? "change" : "read", mend, path);
    return GRADMQ_OK;
}

static gradmq_err_t
s_check_file (int fd, gradmq_file_kind_t kind, const char *path, gradmq_reason_t *reason)
{
    struct stat file;
    if (fstat (fd, &file) != 0)
        return gradmq_refuse (reason, GRADMQ_ERR_IO, "%.200s: cannot look at it: %s", path,
                              strerror (errno));
    if (!S_ISREG (file.st_mode))
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT, "%.200s is not a file", path);
    if (kind == GRADMQ_FILE_PUBLIC)
        return s_check_mode (&file, 022, path, "go-w", reason);
    return s_check_mode (&file, s_is_credential (path) ? 037 : 077, path, "600", reason);
}

static gradmq_err_t
s_read_all (int fd, const char *path, char text [GRADMQ_CERTIFICATE_BYTES_MAX], size_t *size,
            gradmq_reason_t *reason)
{
    *size = 0;
    while (*size < GRADMQ_CERTIFICATE_BYTES_MAX) {
        ssize_t got = read (fd, text + *size, GRADMQ_CERTIFICATE_BYTES_MAX - *size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return gradmq_refuse (reason, GRADMQ_ERR_IO, "%.200s: cannot read it: %s", path,
                                  strerror (errno));
        if (got == 0)
            return GRADMQ_OK;
        *size += (size_t) got;
    }
    return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                          "%.200s is too long for a certificate, which has less than %u bytes",
                          path, GRADMQ_CERTIFICATE_BYTES_MAX);
}

gradmq_err_t
gradmq_file_read (int folder, const char *path, gradmq_file_kind_t kind,
                  char text [GRADMQ_CERTIFICATE_BYTES_MAX], size_t *size, gradmq_reason_t *reason)
{
    //  A pipe of that name must not hold us up.
    int fd = openat (folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return gradmq_refuse (reason, GRADMQ_ERR_IO, "%.200s: cannot open it: %s", path,
                              strerror (errno));
    gradmq_err_t err = s_check_file (fd, kind, path, reason);
    if (!err)
        err = s_read_all (fd, path, text, size, reason);
    close (fd);
    return err;
}

static bool
s_write_all (int fd, const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        ssize_t written = write (fd, text + at, size - at);
        if (written < 0 && errno != EINTR)
            return false;
        at += written > 0 ? (size_t) written : 0;
    }
    return fsync (fd) == 0;
}

//  Beside the file under a name that begins with a dot, which nobody takes for a certificate, and then
//  under its own name, unless that is taken.
gradmq_err_t
gradmq_file_write (const char *path, bool secret, const char *text, size_t size,
                   gradmq_reason_t *reason)
{
    char beside [1024];
    const char *slash = strrchr (path, '/');
    int folder = slash ? (int) (slash + 1 - path) : 0;
    int length = snprintf (beside, sizeof beside, "%.*s.%s.%016" PRIx64, folder, path,
                           path + folder, gradmq_random_u64 ());
    if (length >= (int) sizeof beside)
        return gradmq_refuse (reason, GRADMQ_ERR_IO, "the path %.80s... is too long", path);
    int fd = open (beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return gradmq_refuse (reason, GRADMQ_ERR_IO, "%.200s: cannot make it: %s", path,
                              strerror (errno));
    bool written = s_write_all (fd, text, size) && (secret || fchmod (fd, 0644) == 0);
    int trouble = errno;
    written &= close (fd) == 0;
    gradmq_err_t err = GRADMQ_OK;
    if (!written)
        err = gradmq_refuse (reason, GRADMQ_ERR_IO, "%.200s: cannot write it: %s", path,
                             strerror (trouble));
    else if (link (beside, path) != 0)
        err = gradmq_refuse (reason, GRADMQ_ERR_IO, "%.200s: cannot make it: %s%s", path,
                             strerror (errno),
                             errno == EEXIST ? "; a key is never written over" : "");
    unlink (beside);
    return err;
}

gradmq_err_t
gradmq_file_open_folder (const char *path, int *fd, gradmq_reason_t *reason)
{
    struct stat folder;
    *fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0)
        return gradmq_refuse (reason, GRADMQ_ERR_IO, "%.200s: cannot open the folder: %s", path,
                              strerror (errno));
    gradmq_err_t err = GRADMQ_OK;
    if (fstat (*fd, &folder) != 0)
        err = gradmq_refuse (reason, GRADMQ_ERR_IO, "%.200s: cannot look at it: %s", path,
                             strerror (errno));
    else
        err = s_check_mode (&folder, 022, path, "go-w", reason);
    if (err) {
        close (*fd);
        *fd = -1;
    }
    return err;
}
