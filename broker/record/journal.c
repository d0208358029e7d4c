#include "record/journal.h"

#include "core/code.h"
#include "core/limit.h"
#include "core/name.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define S_NUMBER_END (1ull << 63)

static gradmq_err_t
s_refuse (gradmq_reason_t *reason, const char *what)
{
    return gradmq_refuse (reason, GRADMQ_ERR_FORMAT, "%s", what);
}

static bool
s_number (gradmq_cursor_t *body, uint64_t *number)
{
    return gradmq_cursor_u64 (body, number) && *number < S_NUMBER_END;
}

//  `size` bytes that are a worker's name.
static bool
s_worker (gradmq_cursor_t *body, size_t size, char name [GRADMQ_NAME_BYTES_MAX + 1])
{
    const uint8_t *at;
    if (size > GRADMQ_NAME_BYTES_MAX || !gradmq_cursor_take (body, size, &at))
        return false;
    memcpy (name, at, size);
    name [size] = 0;
    return strlen (name) == size && gradmq_name_valid (name);
}

gradmq_err_t
gradmq_body_continues (gradmq_cursor_t body, gradmq_continues_body_t *continues,
                       gradmq_reason_t *reason)
{
    uint64_t *const numbers [] = {&continues->serial, &continues->before, &continues->records,
                                  &continues->epoch, &continues->version};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers [0]; i++)
        if (!s_number (&body, numbers [i]))
            return s_refuse (reason, "a number is missing or out of range");
    return gradmq_cursor_left (&body) ? s_refuse (reason, "its body is too long") : GRADMQ_OK;
}

//  --------------------------------------------------------------------------------------------
//  One function a record

static gradmq_err_t
s_running (const gradmq_watcher_t *watcher, gradmq_cursor_t *body, gradmq_reason_t *reason)
{
    uint64_t running;
    if (!s_number (body, &running) || running > 1)
        return s_refuse (reason, "it is neither 0 nor 1");
    if (watcher)
        watcher->running (watcher->context, running != 0);
    return GRADMQ_OK;
}

static gradmq_err_t
s_workers (const gradmq_watcher_t *watcher, gradmq_cursor_t *body, gradmq_reason_t *reason)
{
    size_t size = gradmq_cursor_left (body);
    const uint8_t *at;
    if (!gradmq_cursor_take (body, size, &at) || memchr (at, 0, size))
        return s_refuse (reason, "its body is no text");
    if (!watcher)
        return GRADMQ_OK;
    char *text = malloc (size + 1);
    if (!text)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    memcpy (text, at, size);
    text [size] = 0;
    gradmq_err_t err = watcher->workers (watcher->context, text, reason);
    free (text);
    return err;
}

static gradmq_err_t
s_joined (const gradmq_watcher_t *watcher, gradmq_cursor_t *body, gradmq_reason_t *reason)
{
    uint64_t incarnation, next;
    char name [GRADMQ_NAME_BYTES_MAX + 1];
    if (!s_number (body, &incarnation) || !s_number (body, &next) || !incarnation
        || !s_worker (body, gradmq_cursor_left (body), name))
        return s_refuse (reason, "it names no incarnation of a worker");
    return watcher ? watcher->joined (watcher->context, name, incarnation, next, reason)
                   : GRADMQ_OK;
}

static gradmq_err_t
s_gone (const gradmq_watcher_t *watcher, gradmq_cursor_t *body, gradmq_reason_t *reason)
{
    uint64_t incarnation;
    char name [GRADMQ_NAME_BYTES_MAX + 1];
    if (!s_number (body, &incarnation) || !s_worker (body, gradmq_cursor_left (body), name))
        return s_refuse (reason, "it names no incarnation of a worker");
    if (watcher)
        watcher->gone (watcher->context, name, incarnation);
    return GRADMQ_OK;
}

static gradmq_err_t
s_disposed (const gradmq_watcher_t *watcher, gradmq_cursor_t *body, gradmq_reason_t *reason)
{
    uint32_t count, disposition, code, size;
    uint64_t incarnation, sequence;
    char name [GRADMQ_NAME_BYTES_MAX + 1];
    if (!gradmq_cursor_u32 (body, &count))
        return s_refuse (reason, "its body is too short");
    for (; count; count--) {
        if (!s_number (body, &incarnation) || !s_number (body, &sequence)
            || !gradmq_cursor_u32 (body, &disposition) || !gradmq_cursor_u32 (body, &code)
            || !gradmq_cursor_u32 (body, &size) || !s_worker (body, size, name) || !sequence
            || !disposition || disposition > GRADMQ_DISCARDED || code > UINT16_MAX)
            return s_refuse (reason, "one of its rows is no disposition of a gradient");
        if (watcher)
            watcher->disposed (watcher->context, name, incarnation, sequence, disposition, code);
    }
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_journal_tell (const gradmq_watcher_t *watcher, gradmq_record_type_t type,
                     gradmq_cursor_t body, gradmq_reason_t *reason)
{
    static gradmq_err_t (*const readers []) (const gradmq_watcher_t *watcher, gradmq_cursor_t *body,
                                             gradmq_reason_t *reason) = {
        [GRADMQ_RECORD_RUNNING] = s_running,   [GRADMQ_RECORD_WORKERS] = s_workers,
        [GRADMQ_RECORD_JOINED] = s_joined,     [GRADMQ_RECORD_GONE] = s_gone,
        [GRADMQ_RECORD_DISPOSED] = s_disposed,
    };
    gradmq_err_t err = readers [type](watcher, &body, reason);
    if (!err && gradmq_cursor_left (&body))
        return s_refuse (reason, "its body is too long");
    return err;
}

gradmq_err_t
gradmq_journal_begins (const char *path, bool last, gradmq_continues_body_t *continues, bool *whole,
                       gradmq_reason_t *reason)
{
    gradmq_record_reader_t *reader;
    gradmq_record_t record = {.type = GRADMQ_RECORD_SETTINGS};
    struct stat about;
    *whole = false;
    if (stat (path, &about) == 0 && about.st_size < GRADMQ_RECORD_FILE_BYTES)
        return GRADMQ_OK;
    gradmq_err_t err = gradmq_record_reader_open (&reader, path, last, reason);
    if (err)
        return err;
    err = gradmq_record_next (reader, &record, reason);
    if (!err && record.type == GRADMQ_RECORD_SETTINGS)
        err = gradmq_record_next (reader, &record, reason);
    if (!err && record.type == GRADMQ_RECORD_CONTINUES) {
        *whole = true;
        err = gradmq_body_continues (gradmq_cursor (record.body, record.size), continues, reason);
    } else if (!err && record.type != GRADMQ_RECORD_NONE)
        err = gradmq_refuse (reason, GRADMQ_ERR_FORMAT, "%.200s: it is a recording, and no journal",
                             path);
    gradmq_record_reader_close (&reader);
    return err;
}
