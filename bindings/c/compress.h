//  Compressed gradients with error feedback: what a push leaves out stays here and goes with a later
//  one. No sockets.
//
//      p = residual + g;  send D = C (p);  residual = p - D
//
//  source  Seide et al. 2014; Karimireddy et al. 2019, "Error Feedback Fixes SignSGD", algorithm 2

#ifndef GRADMQ_CLIENT_COMPRESS_H
#define GRADMQ_CLIENT_COMPRESS_H

#include "buffer.h"
#include "gradmq.h"
#include "header.h"

#include "core/code.h"
#include "kernel/kernel.h"
#include "tensor/encoding.h"

//  Kernels by master dtype.
typedef struct {
    double (*limit) (const void *x, size_t n);
    void (*add) (void *y, const void *x, double factor, size_t n);
    double (*dot) (const void *x, const void *y, size_t n);
    void (*int8_encode) (void *scales, void *octets, const void *x, size_t n);
    void (*int8_decode) (void *to, const void *octets, double scale, size_t n);
    void (*top_k) (void *indices, const void *x, size_t n, size_t k);
} gradmq_arithmetic_t;

typedef struct gradmq_method gradmq_method_t;

//  One tensor's part of every gradient that is pushed.
typedef struct {
    const gradmq_method_t *method;
    const gradmq_tensor_t *tensor;
    gradmq_part_t part;
    uint64_t warm;  //  LOW_RANK: bytes into gradmq_compressor_t.warm
} gradmq_compressed_t;

typedef struct {
    gradmq_compression_t how;
    const gradmq_method_t *method;
    gradmq_layout_t *layout;  //  that the rest is for; NULL: none yet
    const gradmq_dtype_t *master;
    const gradmq_arithmetic_t *arithmetic;
    uint64_t generation;  //  of this layout, above 0: which pushes the residual knows of
    size_t count;
    gradmq_compressed_t *parts;
    gradmq_push_header_part_t *told;
    uint64_t bytes;  //  of a payload
    uint8_t *residual;
    uint8_t *work;
    uint8_t *warm;  //  LOW_RANK: right factors of the last push, where the next one begins
    double *left;   //  LOW_RANK: a left factor that is being made
} gradmq_compressor_t;

//  A way to compress: a file and a row each (compress.def).
struct gradmq_method {
    uint32_t encoding;
    uint32_t dtype;  //  of its parts; 0: the master dtype
    //  Does it go with this tensor, and with what count? NULL: always, without one.
    bool (*suits) (const gradmq_compressor_t *self, const gradmq_tensor_t *tensor, uint64_t *count);
    //  Write the part that stands for the elements at `from`.
    void (*encode) (gradmq_compressor_t *self, const gradmq_compressed_t *part, const void *from,
                    void *to);
    //  to += factor x what the part at `from` stands for.
    void (*add) (const gradmq_compressor_t *self, const gradmq_compressed_t *part, const void *from,
                 void *to, double factor);
};

//  Check what is wanted and begin; *self is filled.
//    owns    the caller's: gradmq_compressor_close
//    errors  ARGUMENT
GRADMQ_MUST_CHECK gradmq_err_t gradmq_compressor_open (gradmq_compressor_t *self,
                                                       const gradmq_compression_t *how,
                                                       gradmq_reason_t *why);

//  All zero is fine. What remains is gone.
void gradmq_compressor_close (gradmq_compressor_t *self);

//  Get ready for gradients of this layout; where it is another one, nothing remains of the last.
//    errors  MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_compressor_prepare (gradmq_compressor_t *self,
                                                          gradmq_layout_t *layout,
                                                          gradmq_reason_t *why);

//  Encode residual + factor x data into `to`, self->bytes long, and cut `buffer`, where it is not NULL.
//  Nothing is changed for good before gradmq_compressor_sent.
//    errors  NON_FINITE, MEMORY
GRADMQ_MUST_CHECK gradmq_err_t gradmq_compressor_encode (gradmq_compressor_t *self,
                                                         const void *data, double factor, void *to,
                                                         gradmq_buffer_t *buffer,
                                                         gradmq_reason_t *why);

//  What was encoded last is on its way: what it left out remains.
void gradmq_compressor_sent (gradmq_compressor_t *self);

//  A payload of that generation was not used: what it held remains too.
void gradmq_compressor_return (gradmq_compressor_t *self, uint64_t generation, const void *payload);

//  Master numbers one by one, in F64.
double gradmq_compressor_get (const gradmq_compressor_t *self, const void *from, size_t index);
void gradmq_compressor_put (const gradmq_compressor_t *self, void *to, size_t index, double value);

#endif
