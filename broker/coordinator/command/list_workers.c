#include "coordinator/command.h"

#include <string.h>

enum { USUAL = 256, MOST = 1024, DISPOSITIONS = 5 };

//  More than a worker, one of its metrics, and what stands around them take in a reply, but for names.
enum { WORKER_BYTES = 384, METRIC_BYTES = 32, HEAD_BYTES = 4096 };

static size_t
s_bytes (const gradmq_member_t *member)
{
    const gradmq_worker_metrics_t *metrics = member->metrics;
    size_t bytes = WORKER_BYTES + strlen (member->name);
    for (size_t i = 0; metrics && i < metrics->count; i++)
        bytes += METRIC_BYTES + strlen (metrics->metrics [i].name);
    return bytes;
}

//  How many of the first fit into one reply; at least one does.
static size_t
s_fitting (gradmq_member_t **members, size_t count)
{
    size_t bytes = HEAD_BYTES, fitting = 0;
    while (fitting < count && (bytes += s_bytes (members [fitting])) <= GRADMQ_HEADER_BYTES_MAX)
        fitting++;
    return fitting;
}

static gradmq_err_t
s_fill (gradmq_exchange_t *exchange, gradmq_member_t **members, size_t count)
{
    uint64_t now = gradmq_clock_ms (&exchange->engine->clock);
    gradmq_worker_row_t *rows = gradmq_exchange_alloc (exchange, count, sizeof *rows);
    gradmq_counter_t *counters =
        gradmq_exchange_alloc (exchange, count * DISPOSITIONS, sizeof *counters);
    if (!rows || !counters)
        return GRADMQ_ERR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const gradmq_member_t *m = members [i];
        gradmq_counter_t *own = counters + i * DISPOSITIONS;
        for (uint32_t d = 1; d <= DISPOSITIONS; d++)
            own [d - 1] = (gradmq_counter_t){gradmq_disposition_name (d), m->disposed [d]};
        rows [i] = (gradmq_worker_row_t){
            .name = m->name,
            .incarnation = m->incarnation,
            .leaving = m->phase == GRADMQ_PHASE_LEAVING,
            .lease_left_ms = m->lease_end_ms > now ? m->lease_end_ms - now : 0,
            .seen_ms_ago = now - m->seen_ms,
            .received_through = m->window.received_through,
            .settled_through = m->window.settled_through,
            .queued = m->held_gradients,
            .clock = m->progress.clock > m->clock ? m->progress.clock : m->clock,
            .base_version = m->base_version,
            .staleness_mean =
                m->staleness_count ? m->staleness_sum / (double) m->staleness_count : 0,
            .dispositions = own,
            .disposition_count = DISPOSITIONS,
        };
        const gradmq_worker_metrics_t *metrics = m->metrics;
        if (metrics) {
            rows [i].metrics = metrics->metrics;
            rows [i].metric_count = metrics->count;
        }
    }
    exchange->reply->workers.workers = rows;
    exchange->reply->workers.count = count;
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_command_list_workers (gradmq_exchange_t *exchange)
{
    const gradmq_request_t *request = exchange->request;
    size_t most = request->limit ? request->limit : USUAL;
    if (most > MOST)
        return gradmq_refuse (exchange->reason, GRADMQ_ERR_ARGUMENT,
                              "limit is %zu; it can be 1 to %d, and `after` gives the next page",
                              most, MOST);
    gradmq_member_t **members = gradmq_exchange_alloc (exchange, most, sizeof *members);
    if (!members)
        return GRADMQ_ERR_MEMORY;
    exchange->reply->answer = GRADMQ_ANSWER_WORKERS;
    exchange->reply->workers = (gradmq_workers_t){0};
    size_t count =
        gradmq_members_by_name (exchange->engine->members, request->after ? request->after : "",
                                members, most, &exchange->reply->workers.more);
    size_t fitting = s_fitting (members, count);
    if (fitting < count)
        exchange->reply->workers.more = true;
    return s_fill (exchange, members, fitting);
}
