//  A library to be loaded before the system's (LD_PRELOAD): one allocation that the program itself makes
//  fails, as if memory had run out just then. Those of its libraries do not: ZeroMQ ends the process then.
//  In the environment:
//
//      GRADMQ_FAULT_MEMORY=N         the N-th allocation fails
//      GRADMQ_FAULT_MEMORY_WAITS=1   counted from the first SIGRTMIN on
//
//  The fault says so on stderr, "fault: ...".

#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define S_PUBLIC __attribute__ ((visibility ("default")))
#define S_CALLER ((uintptr_t) __builtin_return_address (0))

//  The C library's own names for what is replaced here.
//  NOLINTBEGIN(bugprone-reserved-identifier, readability-inconsistent-declaration-parameter-name)
void *__libc_malloc (size_t size);
void *__libc_calloc (size_t count, size_t size);
void *__libc_realloc (void *block, size_t size);
void *__libc_memalign (size_t alignment, size_t size);

static uintptr_t s_begin, s_end;  //  the program's code; nothing fails before it is known
static atomic_long s_wanted;
static atomic_long s_passed;
static long s_waits;  //  what is wanted once the signal comes

//  The first one told of is the program.
static int
s_look (struct dl_phdr_info *info, size_t size, void *context)
{
    (void) size;
    (void) context;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW (Phdr) *part = &info->dlpi_phdr [i];
        if (part->p_type == PT_LOAD && part->p_flags & PF_X) {
            s_begin = info->dlpi_addr + part->p_vaddr;
            s_end = s_begin + part->p_memsz;
        }
    }
    return 1;
}

static void
s_signalled (int number)
{
    (void) number;
    atomic_store (&s_passed, 0);
    atomic_store (&s_wanted, s_waits);
}

__attribute__ ((constructor)) static void
s_start (void)
{
    const char *text = getenv ("GRADMQ_FAULT_MEMORY");
    long number = text ? strtol (text, NULL, 10) : 0;
    dl_iterate_phdr (s_look, NULL);
    if (getenv ("GRADMQ_FAULT_MEMORY_WAITS")) {
        s_waits = number;
        signal (SIGRTMIN, s_signalled);
    } else
        s_wanted = number;
}

static bool
s_strikes (uintptr_t caller, size_t size)
{
    long wanted = atomic_load (&s_wanted);
    if (caller < s_begin || caller >= s_end || atomic_fetch_add (&s_passed, 1) + 1 != wanted)
        return false;
    char words [100];
    int length = snprintf (words, sizeof words, "fault: allocation number %ld, of %zu, at +0x%zx\n",
                           wanted, size, (size_t) (caller - s_begin));
    ssize_t written = write (STDERR_FILENO, words, (size_t) length);
    (void) written;
    errno = ENOMEM;
    return true;
}

S_PUBLIC void *
malloc (size_t size)
{
    return s_strikes (S_CALLER, size) ? NULL : __libc_malloc (size);
}

S_PUBLIC void *
calloc (size_t count, size_t size)
{
    return s_strikes (S_CALLER, count * size) ? NULL : __libc_calloc (count, size);
}

S_PUBLIC void *
realloc (void *block, size_t size)
{
    return s_strikes (S_CALLER, size) ? NULL : __libc_realloc (block, size);
}

S_PUBLIC void *
aligned_alloc (size_t alignment, size_t size)
{
    return s_strikes (S_CALLER, size) ? NULL : __libc_memalign (alignment, size);
}

S_PUBLIC int
posix_memalign (void **block, size_t alignment, size_t size)
{
    if (s_strikes (S_CALLER, size))
        return ENOMEM;
    *block = __libc_memalign (alignment, size);
    return *block ? 0 : ENOMEM;
}

S_PUBLIC char *
strdup (const char *text)
{
    size_t size = strlen (text) + 1;
    char *copy = s_strikes (S_CALLER, size) ? NULL : __libc_malloc (size);
    return copy ? memcpy (copy, text, size) : NULL;
}

S_PUBLIC char *
strndup (const char *text, size_t most)
{
    size_t size = strnlen (text, most);
    char *copy = s_strikes (S_CALLER, size + 1) ? NULL : __libc_malloc (size + 1);
    if (!copy)
        return NULL;
    copy [size] = 0;
    return memcpy (copy, text, size);
}
//  NOLINTEND(bugprone-reserved-identifier, readability-inconsistent-declaration-parameter-name)
