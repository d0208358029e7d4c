//  ZeroMQ's question whether a peer may connect (ZAP, RFC 27), answered from folders of authorised keys.
//
//  ZeroMQ has one who answers for a context, here CZMQ's, so there is one here for the process, on a thread of its
//  own, however many coordinators there are: each has its domain. It answers before a socket of that
//  domain is bound. A peer whose key is not authorised is refused in the handshake; the messages of one
//  that is carry its key as "User-Id".

#ifndef GRADMQ_SECURITY_ZAP_H
#define GRADMQ_SECURITY_ZAP_H

#include "security/authorised.h"

#define GRADMQ_ZAP_DOMAIN_BYTES 32u

typedef struct gradmq_zap gradmq_zap_t;

//  Answer for a new domain from now on: when this returns, it is answered.
//    owns    *self_p is the caller's: gradmq_zap_close. Borrows `authorised` until then.
//    errors  BIND: somebody else answers in this context; MEMORY; *self_p is then NULL
GRADMQ_MUST_CHECK gradmq_err_t gradmq_zap_open (gradmq_zap_t **self_p,
                                                gradmq_authorised_t *authorised,
                                                gradmq_reason_t *reason);

//  No longer; who asks is refused.
void gradmq_zap_close (gradmq_zap_t **self_p);

//  For ZMQ_ZAP_DOMAIN.
const char *gradmq_zap_domain (const gradmq_zap_t *self);

#endif
