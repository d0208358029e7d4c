#include "hearsay.h"
#include "push.h"
#include "remote.h"

gradmq_err_t
gradmq_remote_add_model_parameters (gradmq_remote_t *self, const gradmq_part_info_t *parts,
                                    size_t count, const gradmq_push_t *push, bool dry_run,
                                    gradmq_reason_t *why)
{
    gradmq_push_t said = push ? *push : (gradmq_push_t){0};
    gradmq_err_t err = gradmq_push_parameters (&said, why);
    if (err)
        return err;
    const gradmq_remote_add_t add = {.command = GRADMQ_COMMAND_ADD_MODEL_PARAMETERS,
                                     .parts = parts,
                                     .count = count,
                                     .push = &said,
                                     .dry_run = dry_run};
    return gradmq_remote_add (self, &add, why);
}

static gradmq_err_t
s_status (gradmq_remote_t *self, gradmq_reason_t *why)
{
    gradmq_request_t request = {.command = GRADMQ_COMMAND_STATUS};
    return gradmq_remote_expect (self, &request, NULL, GRADMQ_ANSWER_STATUS, why);
}

gradmq_err_t
gradmq_remote_contributions (gradmq_remote_t *self, uint64_t *contributions, uint64_t *needed,
                             gradmq_reason_t *why)
{
    gradmq_err_t err = s_status (self, why);
    if (contributions)
        *contributions = err ? 0 : self->reply.status.contributions;
    if (needed)
        *needed = err ? 0 : self->reply.status.needed;
    return err;
}

gradmq_err_t
gradmq_remote_reset (gradmq_remote_t *self, uint64_t *cleared, gradmq_reason_t *why)
{
    gradmq_request_t request = {.command = GRADMQ_COMMAND_RESET};
    gradmq_err_t err = gradmq_remote_expect (self, &request, NULL, GRADMQ_ANSWER_CLEARED, why);
    if (cleared)
        *cleared = err ? 0 : self->reply.cleared;
    return err;
}

gradmq_err_t
gradmq_remote_waits (gradmq_remote_t *self, char *text, size_t size, gradmq_reason_t *why)
{
    gradmq_err_t err = s_status (self, why);
    if (err)
        return err;
    const gradmq_status_report_t *status = &self->reply.status;
    const gradmq_heartbeat_t heartbeat = {.state = status->state,
                                          .why = status->why,
                                          .waiting_for = status->waiting_for,
                                          .waiting_total = status->waiting_total,
                                          .has_deadline = status->has_deadline,
                                          .deadline_ms = status->deadline_ms};
    gradmq_hearsay_t hearsay = {.heartbeat_ms = 1};
    gradmq_hearsay_take (&hearsay, &heartbeat, 0);
    gradmq_hearsay_say (&hearsay, 0, text, size);
    return GRADMQ_OK;
}
