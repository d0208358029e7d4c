#include "cli/open_step.h"

#include "cli/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

//  Room for the longest name, and what stands behind the names.
#define NAME_ROOM 80
#define TAIL_ROOM 96

const char *
gradmq_open_step_text (char text [GRADMQ_OPEN_STEP_BYTES], const gradmq_status_report_t *status)
{
    const char *policy = status->policy ? status->policy : "";
    const char *plural = status->contributions == 1 ? "" : "s";
    text [0] = 0;
    if (strcmp (policy, "ssp") == 0)
        snprintf (text, GRADMQ_OPEN_STEP_BYTES, "least clock %" PRIu64, status->min_clock);
    else if (strcmp (policy, "bsp") == 0)
        snprintf (text, GRADMQ_OPEN_STEP_BYTES, "round %" PRIu64 ", %" PRIu64 " contribution%s",
                  status->round, status->contributions, plural);
    else if (status->needed && status->rule && status->rule [0])
        snprintf (text, GRADMQ_OPEN_STEP_BYTES, "%" PRIu64 " of %" PRIu64 " contributions",
                  status->contributions, status->needed);
    else if (policy [0])
        snprintf (text, GRADMQ_OPEN_STEP_BYTES, "each gradient is a step");
    return text;
}

const char *
gradmq_open_step_waiting (char text [GRADMQ_OPEN_STEP_BYTES], const gradmq_status_report_t *status)
{
    char span [GRADMQ_TEXT_BYTES];
    size_t at = 0;
    text [0] = 0;
    for (size_t i = 0;
         i < status->waiting_for.count && at + NAME_ROOM + TAIL_ROOM < GRADMQ_OPEN_STEP_BYTES;
         i++) {
        const char *name = status->waiting_for.items [i];
        at += (size_t) snprintf (text + at, GRADMQ_OPEN_STEP_BYTES - at, "%s%.64s", i ? ", " : "",
                                 name);
    }
    if (status->waiting_total)
        at += (size_t) snprintf (text + at, GRADMQ_OPEN_STEP_BYTES - at, " (%u in all)",
                                 status->waiting_total);
    if (status->has_deadline)
        snprintf (text + at, GRADMQ_OPEN_STEP_BYTES - at, "%sno longer than %s",
                  status->waiting_total ? ", " : "", gradmq_text_span (span, status->deadline_ms));
    return text;
}
