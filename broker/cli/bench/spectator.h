//  A process that looks at a gradmqd over HTTP as a collector of metrics and two open pages do.

#ifndef GRADMQ_CLI_BENCH_SPECTATOR_H
#define GRADMQ_CLI_BENCH_SPECTATOR_H

#include "cli/bench/peer.h"
#include "core/address.h"

//  Its argument is a gradmq_address_t. Tells that it is ready; from each note on it listens twice to /events and
//  asks for /metrics once a second, until the next note; that one is answered with how often /metrics came
//  as `count` and how many bytes of events as `seconds`.
//    errors  CONNECT; MALFORMED: it was answered with anything but 200
gradmq_bench_role_fn gradmq_bench_spectator;

//  A port of loopback that was free a moment ago.
//    errors  BIND
GRADMQ_MUST_CHECK gradmq_err_t gradmq_bench_free_address (gradmq_address_t *address,
                                                          gradmq_reason_t *reason);

#endif
