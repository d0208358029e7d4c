#include "core/log.h"

#include "core/json.h"

#include <stdarg.h>
#include <time.h>

enum { LINE_BYTES = 1024 };

static struct {
    FILE *stream;
    gradmq_log_level_t level;
    gradmq_log_form_t form;
} s_log;

static const char *const s_level_names [] = {"error", "warning", "info", "debug"};

void
gradmq_log_open (FILE *stream, gradmq_log_level_t level, gradmq_log_form_t form)
{
    s_log.stream = stream;
    s_log.level = level;
    s_log.form = form;
}

bool
gradmq_log_wants (gradmq_log_level_t level)
{
    return s_log.stream && level <= s_log.level;
}

//  UTC with milliseconds, as RFC 3339 writes it.
static void
s_time (char text [32])
{
    struct timespec now;
    clock_gettime (CLOCK_REALTIME, &now);
    struct tm utc;
    gmtime_r (&now.tv_sec, &utc);
    char seconds [24];
    strftime (seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf (text, 32, "%s.%03dZ", seconds, (int) (now.tv_nsec / 1000000));
}

static void
s_write_json (const char *time, gradmq_log_level_t level, const char *message)
{
    char quoted [LINE_BYTES * 6 + 3];
    gradmq_json_quote (quoted, sizeof quoted, message);
    fprintf (s_log.stream, "{\"time\":\"%s\",\"level\":\"%s\",\"message\":%s}\n", time,
             s_level_names [level], quoted);
}

//  One line an entry, and nothing that a terminal would obey.
static void
s_write_text (const char *time, gradmq_log_level_t level, char *message)
{
    for (char *c = message; *c; c++)
        if ((unsigned char) *c < 0x20 || *c == 0x7f)
            *c = '?';
    fprintf (s_log.stream, "%s %-7s %s\n", time, s_level_names [level], message);
}

void
gradmq_log (gradmq_log_level_t level, const char *format, ...)
{
    if (!gradmq_log_wants (level))
        return;
    char message [LINE_BYTES];
    va_list args;
    va_start (args, format);
    int length = vsnprintf (message, sizeof message, format, args);
    va_end (args);
    if (length < 0)
        return;
    char time [32];
    s_time (time);
    if (s_log.form == GRADMQ_LOG_JSON)
        s_write_json (time, level, message);
    else
        s_write_text (time, level, message);
    fflush (s_log.stream);
}
