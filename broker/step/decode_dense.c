#include "step/decoder.h"

extern const gradmq_decoder_t gradmq_decoder_dense;
const gradmq_decoder_t gradmq_decoder_dense = {.read = gradmq_decode_plain};
