//  A library to be loaded before the system's (LD_PRELOAD): one call on a file fails, or the clock of the
//  day goes wrong. In the environment:
//
//      GRADMQ_FAULT=CALL:FILE:N:ERROR   the N-th CALL on a file whose path has FILE in it fails with
//                                       ERROR. CALL: write, fdatasync, fsync, rename; ERROR: EIO, ENOSPC
//      GRADMQ_FAULT_CLOCK=SECONDS       each reading of the clock of the day is by so much more ahead
//                                       than the one before it; below zero: behind
//
//  A write that fails has written half. Every fault says so on stderr, "fault: ...".

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

//  The system names the arguments of its own calls in its own way.
//  NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)

#define S_PUBLIC __attribute__ ((visibility ("default")))

enum { PATH_BYTES = PATH_MAX };

//  --------------------------------------------------------------------------------------------
//  Which call fails

typedef struct {
    char call [16], file [64], error [16];
    long number;
} s_wanted_t;

static bool
s_read_wanted (s_wanted_t *self)
{
    const char *text = getenv ("GRADMQ_FAULT");
    return text
           && sscanf (text, "%15[^:]:%63[^:]:%ld:%15s", self->call, self->file, &self->number,
                      self->error)
                  == 4;
}

//  Is this the call that fails? errno is then set.
static bool
s_strikes (const char *call, const char *path)
{
    static atomic_long passed;
    s_wanted_t wanted;
    if (!s_read_wanted (&wanted) || strcmp (wanted.call, call) != 0 || !strstr (path, wanted.file))
        return false;
    if (atomic_fetch_add (&passed, 1) + 1 != wanted.number)
        return false;
    fprintf (stderr, "fault: %s number %ld of %s fails with %s\n", call, wanted.number, path,
             wanted.error);
    errno = strcmp (wanted.error, "ENOSPC") == 0 ? ENOSPC : EIO;
    return true;
}

//  The same by descriptor.
static bool
s_strikes_at (const char *call, int fd)
{
    char link [64], path [PATH_BYTES];
    const int before = errno;
    snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink (link, path, sizeof path - 1);
    errno = before;
    if (length < 0)
        return false;
    path [length] = 0;
    return s_strikes (call, path);
}

static ssize_t
s_write (int fd, const void *bytes, size_t size)
{
    if (!s_strikes_at ("write", fd))
        return syscall (SYS_write, fd, bytes, size);
    const int error = errno;
    //  Half of it is there afterwards, as on a disk that became full.
    long half = syscall (SYS_write, fd, bytes, size / 2);
    (void) half;
    errno = error;
    return -1;
}

S_PUBLIC ssize_t
write (int fd, const void *bytes, size_t size)
{
    return s_write (fd, bytes, size);
}

//  Counted with write.
S_PUBLIC ssize_t
writev (int fd, const struct iovec *pieces, int count)
{
    if (!s_strikes_at ("write", fd))
        return syscall (SYS_writev, fd, pieces, count);
    const int error = errno;
    long half = syscall (SYS_write, fd, pieces [0].iov_base, (pieces [0].iov_len + 1) / 2);
    (void) half;
    errno = error;
    return -1;
}

S_PUBLIC int
fdatasync (int fd)
{
    return s_strikes_at ("fdatasync", fd) ? -1 : (int) syscall (SYS_fdatasync, fd);
}

S_PUBLIC int
fsync (int fd)
{
    return s_strikes_at ("fsync", fd) ? -1 : (int) syscall (SYS_fsync, fd);
}

S_PUBLIC int
rename (const char *from, const char *to)
{
    return s_strikes ("rename", to) ? -1 : (int) syscall (SYS_rename, from, to);
}

//  --------------------------------------------------------------------------------------------
//  The clock of the day

S_PUBLIC int
clock_gettime (clockid_t clock, struct timespec *now)
{
    static atomic_long readings;
    const char *step = getenv ("GRADMQ_FAULT_CLOCK");
    int status = (int) syscall (SYS_clock_gettime, clock, now);
    if (status == 0 && step && clock == CLOCK_REALTIME)
        now->tv_sec += strtol (step, NULL, 10) * (atomic_fetch_add (&readings, 1) + 1);
    return status;
}

//  NOLINTEND(readability-inconsistent-declaration-parameter-name)
