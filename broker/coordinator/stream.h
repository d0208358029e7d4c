//  Streams: the parameters as subscribers get them. The master dtype's stream is the snapshot
//  itself; others are made once a version and kept for those who ask for the same one, so that an update
//  and the answer to a Get have the same bytes (rules U-6, U-9). Each image
//  pins the version that it shows (rule U-8).
//
//    thread  the coordinator actor's; images are released on any thread

#ifndef GRADMQ_COORDINATOR_STREAM_H
#define GRADMQ_COORDINATOR_STREAM_H

#include "model/model.h"
#include "tensor/form.h"

//  Bytes of one version in one stream's form: reference-counted, immutable.
typedef struct gradmq_image gradmq_image_t;

typedef struct gradmq_streams gradmq_streams_t;

//    errors  NULL: out of memory
gradmq_streams_t *gradmq_streams_new (void);
void gradmq_streams_destroy (gradmq_streams_t **self_p);

//  The newest version in this form.
//    owns    *image_p is the caller's: gradmq_image_release
//    errors  NO_MODEL, MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_streams_image (gradmq_streams_t *self,
                                                     const gradmq_model_t *model,
                                                     const gradmq_form_t *form,
                                                     gradmq_image_t **image_p);

//  Let go of what is kept.
void gradmq_streams_forget (gradmq_streams_t *self);

gradmq_image_t *gradmq_image_acquire (gradmq_image_t *self);
void gradmq_image_release (gradmq_image_t **self_p);
const uint8_t *gradmq_image_bytes (const gradmq_image_t *self);
uint64_t gradmq_image_size (const gradmq_image_t *self);

//  The last byte at or before `at` where a frame may end.
uint64_t gradmq_image_cut (const gradmq_image_t *self, uint64_t at);

#endif
