//  Certificates: files in the form of CZMQ's zcert, which hold a CURVE key and say whose it is.
//
//      metadata
//          name = "w1"
//          role = "worker"
//          workers = "w1, w1-*"       # names that it may join under; by default its own
//      curve
//          public-key = "..."         # 40 characters of Z85
//          secret-key = "..."         # in a secret certificate only

#ifndef GRADMQ_SECURITY_CERTIFICATE_H
#define GRADMQ_SECURITY_CERTIFICATE_H

#include "core/limit.h"
#include "core/reason.h"
#include "security/role.h"

#include <stdbool.h>
#include <stddef.h>

#define GRADMQ_KEY_BYTES 40u  //  of a key as Z85
#define GRADMQ_WORKERS_BYTES_MAX 512u
#define GRADMQ_CERTIFICATE_BYTES_MAX 8192u

typedef struct {
    char public_key [GRADMQ_KEY_BYTES + 1];
    char secret_key [GRADMQ_KEY_BYTES + 1];  //  "": a public certificate
    char name [GRADMQ_NAME_BYTES_MAX + 1];   //  "": it does not say
    bool has_role;
    gradmq_role_t role;
    char workers [GRADMQ_WORKERS_BYTES_MAX + 1];  //  patterns; "": its name
} gradmq_certificate_t;

//  Read a certificate from text; `file` is for reasons.
//    errors  FORMAT: not a certificate, and why; keys that do not belong together
GRADMQ_MUST_CHECK gradmq_err_t gradmq_certificate_read (gradmq_certificate_t *self,
                                                        const char *file, const char *text,
                                                        size_t size, gradmq_reason_t *reason);

//  Load a certificate with its secret key. Nobody but its owner, who is this user or root, may be
//  able to read the file. Where it lies under $CREDENTIALS_DIRECTORY, its group may read it too:
//  the service manager lets nobody else in there.
//    errors  IO, FORMAT, PERMISSION (with the command that mends it)
GRADMQ_MUST_CHECK gradmq_err_t gradmq_certificate_load_secret (gradmq_certificate_t *self,
                                                               const char *path,
                                                               gradmq_reason_t *reason);

//  Load a certificate for its public key. Nobody but its owner may be able to write the file.
//    `folder`  descriptor of the folder that `path` begins in, or AT_FDCWD
//    errors    IO, FORMAT, PERMISSION
GRADMQ_MUST_CHECK gradmq_err_t gradmq_certificate_load_public (gradmq_certificate_t *self,
                                                               int folder, const char *path,
                                                               gradmq_reason_t *reason);

//  A new key.
//    errors  UNSUPPORTED: this ZeroMQ has no CURVE
GRADMQ_MUST_CHECK gradmq_err_t gradmq_certificate_make (gradmq_certificate_t *self,
                                                        gradmq_reason_t *reason);

//  Write it to a file that is not there yet, whole or not at all: with the secret key as mode 0600,
//  without it as 0644.
//    errors  IO: it is there, or cannot be written
GRADMQ_MUST_CHECK gradmq_err_t gradmq_certificate_save (const gradmq_certificate_t *self,
                                                        const char *path, bool secret,
                                                        gradmq_reason_t *reason);

//  Overwrite what is secret.
void gradmq_certificate_wipe (gradmq_certificate_t *self);

//  True for the text of a key.
bool gradmq_key_valid (const char *text);

#endif
