//  Control commands: a file (command/<name>.c) and a row (command.def) each.

#ifndef GRADMQ_COORDINATOR_COMMAND_H
#define GRADMQ_COORDINATOR_COMMAND_H

#include "coordinator/publisher.h"

//  Where the other sockets can be reached.
typedef struct {
    gradmq_texts_t gradients, updates, events;
} gradmq_endpoints_t;

//  One request and its reply on the way.
typedef struct {
    gradmq_engine_t *engine;
    gradmq_publisher_t *publisher;
    const gradmq_endpoints_t *endpoints;
    const gradmq_request_t *request;
    gradmq_entry_t **payload;  //  the request's payload frames; a command may take the entry
    gradmq_err_t trouble;      //  FRAMES: there were too many for a gradient; or OK
    gradmq_reply_t *reply;     //  answer and its fields are filled by the command
    gradmq_image_t *image;     //  payload of the reply, or NULL; released after it was sent
    gradmq_reason_t *reason;   //  filled when the command is refused
    void *scratch [8];         //  memory that the reply points to; freed after it was sent
    size_t scratch_count;
} gradmq_exchange_t;

//  Zeroed memory that lives until the reply was sent; NULL: out of memory.
void *gradmq_exchange_alloc (gradmq_exchange_t *self, size_t count, size_t size);

typedef struct {
    gradmq_command_t command;
    const char *name;
    bool changes, payload;
    gradmq_role_t role;  //  the least that its sender needs
    gradmq_err_t (*run) (gradmq_exchange_t *exchange);
} gradmq_command_row_t;

//  NULL when there is none.
const gradmq_command_row_t *gradmq_command_find (gradmq_command_t command);

#define X(NAME, function, changes, payload, role)                                                  \
    gradmq_err_t gradmq_command_##function (gradmq_exchange_t *exchange);
#include "coordinator/command.def"
#undef X

#endif
