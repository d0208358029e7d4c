//  Golden vectors as C: frames, numbers, layouts. schemas/vectors/README.md says the form.

#ifndef GRADMQ_TESTS_CONFORMANCE_VECTOR_H
#define GRADMQ_TESTS_CONFORMANCE_VECTOR_H

#include "tensor/payload.h"

#include <jansson.h>

//  Frames of a vector, all owned.
typedef struct {
    gradmq_frame_t *frames;
    size_t count;
    uint64_t bytes;  //  sum over the frames
} vector_frames_t;

//  The subjects: each runs one vector and says in `wrong` what was not as it should be.
#define VECTOR_WRONG_BYTES 512
typedef bool vector_run_fn (const json_t *vector, char wrong [VECTOR_WRONG_BYTES]);
vector_run_fn vector_run_gradient, vector_run_update, vector_run_event, vector_run_request,
    vector_run_reply, vector_run_layout, vector_run_payload, vector_run_dtype;

//  Write into `wrong` and return false.
bool vector_fail (char wrong [VECTOR_WRONG_BYTES], const char *format, ...) GRADMQ_PRINTF (2, 3);

//  A text member, NULL when there is none.
const char *vector_text (const json_t *object, const char *key);

//  A 64-bit number, written as a number or as text; 0 when absent.
uint64_t vector_u64 (const json_t *object, const char *key);
double vector_f64 (const json_t *value);

//  Octets of a hex text.
//    owns  the result is the caller's: free ()
uint8_t *vector_hex (const char *hex, size_t *size);

//  The frames listed in an array.
vector_frames_t vector_frames (const json_t *list);
void vector_frames_clear (vector_frames_t *self);

//  Open the layout of an object with tensors and dtype.
gradmq_err_t vector_layout (gradmq_layout_t **layout, const json_t *object,
                            gradmq_reason_t *reason);

//  The layout of this name in layout.json beside `path`.
gradmq_layout_t *vector_layout_named (const char *name);
void vector_set_folder (const char *path);

#endif
