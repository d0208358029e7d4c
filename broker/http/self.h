//  What the files that answer share.

#ifndef GRADMQ_HTTP_SELF_H
#define GRADMQ_HTTP_SELF_H

#include "http/http.h"
#include "http/library.h"
#include "http/lookout.h"

struct gradmq_http {
    gradmq_coordinator_t *coordinator;
    gradmq_feed_t *feed;
    gradmq_history_t *history;
    gradmq_connections_t *connections;
    gradmq_lookout_t *lookout;
    struct MHD_Daemon *server;
    int listener;         //  until the server has it; -1: it has
    bool loopback;        //  only names of this machine are answered to
    unsigned exchange_s;  //  most time for an exchange
    uint64_t healthy_ms;  //  most time without a round of the actor
    char address [GRADMQ_ADDRESS_TEXT_BYTES];
};

//  Answer one request.
enum MHD_Result gradmq_http_answer (gradmq_http_t *self, struct MHD_Connection *connection,
                                    const char *path, const char *method);

#endif
