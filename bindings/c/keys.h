//  A client's keys for CURVE: its own, and that of the coordinator.

#ifndef GRADMQ_CLIENT_KEYS_H
#define GRADMQ_CLIENT_KEYS_H

#include "gradmq.h"
#include "security/certificate.h"

//  All zero: no keys; what is said is plain.
typedef struct {
    bool given;
    gradmq_certificate_t own;
    char server_key [GRADMQ_KEY_BYTES + 1];
} gradmq_keys_t;

//  Load what the options name.
//    errors  ARGUMENT (one without the other), IO, FORMAT, PERMISSION (modes of the file)
GRADMQ_MUST_CHECK gradmq_err_t gradmq_keys_load (gradmq_keys_t *self,
                                                 const gradmq_options_t *options,
                                                 gradmq_reason_t *why);
void gradmq_keys_wipe (gradmq_keys_t *self);

//  Have a socket that is not connected yet use them.
//    errors  UNSUPPORTED: this ZeroMQ cannot
GRADMQ_MUST_CHECK gradmq_err_t gradmq_keys_set (const gradmq_keys_t *self, void *socket,
                                                gradmq_reason_t *why);

//  ------------------------------------------------------------------------------------------------
//  Handshakes that fail, which ZeroMQ keeps to itself

typedef struct {
    void *monitor;  //  NULL: not watched
    bool up;        //  the newest handshake came to an end
    bool failed;    //  the newest did not, as far as is known
} gradmq_handshake_t;

//  Watch the handshakes of a socket that is not connected yet, where there are keys.
//    errors  MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_handshake_watch (gradmq_handshake_t *self,
                                                       const gradmq_keys_t *keys, void *context,
                                                       void *socket, gradmq_reason_t *why);

//  Before the socket is closed.
void gradmq_handshake_close (gradmq_handshake_t *self, void *socket);

//  True when somebody is there, and does not come to the end of a handshake.
bool gradmq_handshake_failed (gradmq_handshake_t *self);

#endif
