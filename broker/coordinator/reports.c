#include "coordinator/reports.h"

#include <stdlib.h>
#include <string.h>

gradmq_reports_t *
gradmq_reports_new (void)
{
    return calloc (1, sizeof (gradmq_reports_t));
}

void
gradmq_reports_destroy (gradmq_reports_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    for (size_t i = 0; i < GRADMQ_REPORTS_KEPT; i++)
        free ((*self_p)->kept [i].header);
    free (*self_p);
    *self_p = NULL;
}

void
gradmq_reports_add (gradmq_reports_t *self, const gradmq_event_t *event)
{
    gradmq_encoded_t report;
    if (!self || gradmq_wire_encode_event (event, &report.header, &report.size))
        return;
    gradmq_encoded_t *place = &self->kept [self->count++ % GRADMQ_REPORTS_KEPT];
    free (place->header);
    *place = report;
}

size_t
gradmq_reports_copy (const gradmq_reports_t *self, uint64_t after, gradmq_encoded_t *list)
{
    size_t count = 0;
    if (self->count > GRADMQ_REPORTS_KEPT && after < self->count - GRADMQ_REPORTS_KEPT)
        after = self->count - GRADMQ_REPORTS_KEPT;
    for (; after < self->count; after++) {
        const gradmq_encoded_t *kept = &self->kept [after % GRADMQ_REPORTS_KEPT];
        void *header = malloc (kept->size);
        if (!header)
            break;
        memcpy (header, kept->header, kept->size);
        list [count++] = (gradmq_encoded_t){header, kept->size};
    }
    return count;
}
