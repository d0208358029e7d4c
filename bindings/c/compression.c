#include "worker.h"

//  Layouts that one compressor may meet; the next one counts on from there.
#define GENERATIONS (1ull << 32)

gradmq_err_t
gradmq_worker_compress (gradmq_worker_t *self, const gradmq_compression_t *how,
                        gradmq_reason_t *why)
{
    static const gradmq_compression_t none = {.how = GRADMQ_COMPRESS_NONE};
    gradmq_compressor_t compressor;
    gradmq_err_t err = gradmq_compressor_open (&compressor, how ? how : &none, why);
    if (err)
        return err;
    //  Gradients that are on their way belong to another generation, whose residual is gone.
    compressor.generation = self->compressor.generation + GENERATIONS;
    bool compresses = compressor.how.how != GRADMQ_COMPRESS_NONE;
    if (compresses)
        err = gradmq_compressor_prepare (&compressor, self->known.layout, why);
    if (err)
        return err;
    gradmq_compressor_close (&self->compressor);
    self->compressor = compressor;
    self->compresses = compresses;
    return GRADMQ_OK;
}
