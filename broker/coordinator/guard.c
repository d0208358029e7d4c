#include "coordinator/guard.h"

#include <string.h>

//  Part of the interface of libzmq that Debian's header leaves out.
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

gradmq_err_t
gradmq_guard_open (gradmq_guard_t *self, const gradmq_coordinator_options_t *options,
                   gradmq_reason_t *reason)
{
    *self = (gradmq_guard_t){0};
    bool secret = options->secret && options->secret [0];
    bool authorised = options->authorised && options->authorised [0];
    if (!secret && !authorised)
        return GRADMQ_OK;
    if (!secret || !authorised)
        return gradmq_refuse (reason, GRADMQ_ERR_ARGUMENT,
                              "%s is given without %s: CURVE needs both, the coordinator's own key "
                              "(`gradmq keygen server`) and the folder of those that may connect",
                              secret ? "secret" : "authorised", secret ? "authorised" : "secret");
    gradmq_err_t err = gradmq_certificate_load_secret (&self->server, options->secret, reason);
    if (!err)
        err = gradmq_authorised_open (&self->authorised, options->authorised, reason);
    if (!err)
        err = gradmq_zap_open (&self->zap, self->authorised, reason);
    return err;
}

void
gradmq_guard_close (gradmq_guard_t *self)
{
    gradmq_zap_close (&self->zap);
    gradmq_authorised_close (&self->authorised);
    gradmq_certificate_wipe (&self->server);
}

gradmq_err_t
gradmq_guard_socket (const gradmq_guard_t *self, void *socket, gradmq_reason_t *reason)
{
    const int on = 1;
    if (!self->authorised)
        return GRADMQ_OK;
    const char *domain = gradmq_zap_domain (self->zap);
    if (zmq_setsockopt (socket, ZMQ_ZAP_DOMAIN, domain, strlen (domain)) == 0
        && zmq_setsockopt (socket, ZMQ_ZAP_ENFORCE_DOMAIN, &on, sizeof on) == 0
        && zmq_setsockopt (socket, ZMQ_CURVE_SERVER, &on, sizeof on) == 0
        && zmq_setsockopt (socket, ZMQ_CURVE_SECRETKEY, self->server.secret_key,
                           GRADMQ_KEY_BYTES + 1)
               == 0)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED, "this ZeroMQ cannot do CURVE: %s",
                          zmq_strerror (zmq_errno ()));
}

//  What the sender's key is good for, now.
static gradmq_err_t
s_identify (gradmq_guard_t *self, zmq_msg_t *header, gradmq_permit_t *permit,
            gradmq_reason_t *reason)
{
    const char *key = zmq_msg_gets (header, "User-Id");
    if (key && gradmq_authorised_find (self->authorised, key, permit))
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_PERMISSION,
                          "the key %.40s is not authorised; it may have been, and was taken out",
                          key ? key : "that is missing");
}

static gradmq_err_t
s_need (const gradmq_permit_t *permit, gradmq_role_t role, const char *what,
        gradmq_reason_t *reason)
{
    if (permit->role >= role)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_PERMISSION,
                          "%s needs the role %s; the key of %s has the role %s", what,
                          gradmq_role_name (role), permit->name, gradmq_role_name (permit->role));
}

gradmq_err_t
gradmq_guard_sender (gradmq_guard_t *self, zmq_msg_t *header, gradmq_permit_t *permit,
                     const gradmq_permit_t **sender, gradmq_reason_t *reason)
{
    *sender = NULL;
    if (!self || !self->authorised)
        return GRADMQ_OK;
    *sender = permit;
    gradmq_err_t err = s_identify (self, header, permit, reason);
    return err ? err : s_need (permit, GRADMQ_ROLE_WORKER, "a gradient", reason);
}

//  The worker in whose name a request speaks; NULL: in nobody's.
static const char *
s_speaks_as (const gradmq_command_row_t *row, const gradmq_request_t *request)
{
    if (row->role != GRADMQ_ROLE_WORKER)
        return NULL;
    return request->gradient ? request->gradient->worker : request->worker;
}

gradmq_err_t
gradmq_guard_request (gradmq_guard_t *self, zmq_msg_t *header, const gradmq_command_row_t *row,
                      const gradmq_request_t *request, gradmq_reason_t *reason)
{
    gradmq_permit_t permit;
    if (!self || !self->authorised)
        return GRADMQ_OK;
    gradmq_err_t err = s_identify (self, header, &permit, reason);
    if (!err)
        err = s_need (&permit, row->role, row->name, reason);
    const char *worker = err ? NULL : s_speaks_as (row, request);
    if (worker)
        err = gradmq_engine_check_name (&permit, worker, reason);
    return err;
}

bool
gradmq_guard_look (gradmq_guard_t *self)
{
    if (!self->authorised)
        return false;
    uint64_t lost = gradmq_authorised_look (self->authorised);
    bool more = lost != self->lost;
    self->lost = lost;
    return more;
}
