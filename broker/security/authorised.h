//  The folder of authorised keys: one public certificate a file, each with a role. It is held in memory
//  and read again when something in it changes, so that a key that is put in or taken out counts from
//  the next message on.
//
//  Names that begin with a dot are left out. What is wrong with a file is logged under its name, and
//  the others stay. Where the folder itself cannot be trusted or read, nobody is authorised.
//
//    thread  any

#ifndef GRADMQ_SECURITY_AUTHORISED_H
#define GRADMQ_SECURITY_AUTHORISED_H

#include "security/certificate.h"

#include <stdint.h>

#define GRADMQ_AUTHORISED_MAX 65536u

typedef struct gradmq_authorised gradmq_authorised_t;

//  What the holder of a key may do.
typedef struct {
    char key [GRADMQ_KEY_BYTES + 1];
    gradmq_role_t role;
    char name [GRADMQ_NAME_BYTES_MAX + 1];        //  the certificate's, else its file's
    char workers [GRADMQ_WORKERS_BYTES_MAX + 1];  //  names of workers; "": every one
} gradmq_permit_t;

//    owns    *self_p is the caller's: gradmq_authorised_close
//    errors  IO, PERMISSION (the folder can be written by others), MEMORY; *self_p is then NULL
GRADMQ_MUST_CHECK gradmq_err_t gradmq_authorised_open (gradmq_authorised_t **self_p,
                                                       const char *folder, gradmq_reason_t *reason);
void gradmq_authorised_close (gradmq_authorised_t **self_p);

//  What a key may do now, as the folder is now.
//    returns  false: it is not authorised
bool gradmq_authorised_find (gradmq_authorised_t *self, const char *key, gradmq_permit_t *permit);

//  Read the folder again though nothing told that it changed.
//    errors  IO, PERMISSION, MEMORY; nobody is then authorised
gradmq_err_t gradmq_authorised_reload (gradmq_authorised_t *self, gradmq_reason_t *reason);

//  See whether the folder has changed, and try again where it could not be read.
//    returns  how often a key has lost its place so far
uint64_t gradmq_authorised_look (gradmq_authorised_t *self);

//  True when the permit is good for this worker's name.
bool gradmq_permit_names (const gradmq_permit_t *self, const char *worker);

#endif
