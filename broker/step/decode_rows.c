#include "step/decoder.h"

//  Whoever reads a part of rows reads its indices by hand.
extern const gradmq_decoder_t gradmq_decoder_rows;
const gradmq_decoder_t gradmq_decoder_rows = {.read = gradmq_decode_plain};
