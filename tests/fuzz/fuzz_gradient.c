//  A gradient as the coordinator gets it: header, layout, payload in frames.
//
//  Input: length of the header (2 octets), size of a payload frame (1), layout (1), header, payload.

#include "core/code.h"
#include "core/bytes.h"
#include "fuzz.h"
#include "step/reader.h"
#include "wire/gradient_quick.h"
#include "wire/message.h"

#include <string.h>

#define HEAD_BYTES 4
#define FRAMES_MAX 64
#define BLOCK 64
#define ELEMENTS_MAX 4096

static gradmq_layout_t *
s_layout (uint8_t choice)
{
    static const uint64_t matrix [] = {2, 3}, vector [] = {4}, cube [] = {3, 1, 2},
                                 huge [] = {1u << 20, 1u << 20};
    static const gradmq_tensor_spec_t two [] = {{"a", 2, matrix}, {"b", 1, vector}};
    static const gradmq_tensor_spec_t odd [] = {{"s", 0, NULL}, {"c", 3, cube}, {"d", 1, vector}};
    static const gradmq_tensor_spec_t large [] = {{"h", 2, huge}};
    static const struct {
        const gradmq_tensor_spec_t *specs;
        size_t count;
        uint32_t dtype;
    } layouts [] = {
        {two, 2, GRADMQ_DTYPE_F32}, {odd, 3, GRADMQ_DTYPE_F64}, {large, 1, GRADMQ_DTYPE_F32}};
    gradmq_layout_t *layout = NULL;
    choice %= sizeof layouts / sizeof layouts [0];
    FUZZ_HOLDS (!gradmq_layout_open (&layout, layouts [choice].specs, layouts [choice].count,
                                     layouts [choice].dtype, NULL));
    return layout;
}

static void
s_split (gradmq_payload_t *payload, gradmq_frame_t frames [FRAMES_MAX], const uint8_t *bytes,
         size_t size, size_t piece)
{
    payload->frames = frames;
    payload->count = 0;
    payload->bytes = size;
    while (size) {
        size_t taken = payload->count + 1 == FRAMES_MAX || size < piece || !piece ? size : piece;
        frames [payload->count++] = (gradmq_frame_t){bytes, taken};
        bytes += taken;
        size -= taken;
    }
}

//  Read `count` elements in blocks; every one is decoded. The first few of a large tensor do.
static void
s_read_elements (gradmq_reader_t *reader, uint64_t count)
{
    if (count > ELEMENTS_MAX)
        count = ELEMENTS_MAX;
    for (uint64_t done = 0; done < count;) {
        size_t block = count - done < BLOCK ? (size_t) (count - done) : BLOCK;
        FUZZ_HOLDS (gradmq_reader_read (reader, block));
        done += block;
    }
}

static void
s_read_part (gradmq_reader_t *reader, const gradmq_layout_t *layout, const gradmq_part_t *part)
{
    const gradmq_payload_t *payload = reader->payload;
    const gradmq_tensor_t *tensor = gradmq_layout_tensor (layout, part->tensor);
    uint8_t scratch [4];
    FUZZ_HOLDS (part->dtype && part->offset + part->bytes <= payload->bytes);
    gradmq_reader_part (reader, part, tensor);
    if (part->encoding != GRADMQ_ENCODING_ROWS) {
        s_read_elements (reader, tensor->elements);
        return;
    }
    gradmq_payload_mark_t mark = reader->mark;
    gradmq_reader_skip (reader, part->count * sizeof scratch);
    for (uint64_t i = 0, last = 0; i < part->count; i++) {
        uint32_t row = gradmq_get_u32 (gradmq_payload_read (payload, &mark, 4, scratch));
        FUZZ_HOLDS (row < tensor->rows && (!i || row > last));
        last = row;
    }
    s_read_elements (reader, part->count * tensor->row);
}

static void
s_read (gradmq_gradient_t *gradient, const gradmq_layout_t *layout)
{
    double block [BLOCK], raw [BLOCK];
    gradmq_reason_t reason;
    if (gradmq_gradient_check (gradient, layout, &reason))
        return;
    if (gradient->kind == GRADMQ_KIND_SKIP) {
        FUZZ_HOLDS (gradient->payload.count == 0);
        return;
    }
    gradmq_factors_t *factors = gradmq_factors_new ();
    const gradmq_dtype_t *master = gradmq_layout_dtype (layout);
    gradmq_reader_t reader = {.payload = &gradient->payload,
                              .dtype = gradient->dtype ? gradmq_dtype (gradient->dtype) : master,
                              .master = master,
                              .real = gradmq_real (master),
                              .transform = GRADMQ_TRANSFORM_NONE,
                              .scratch = block,
                              .raw = raw,
                              .factors = factors};
    FUZZ_HOLDS (factors
                && !gradmq_factors_reserve (factors, layout, master, gradient->parts,
                                            gradient->part_count, &reason));
    if (gradient->part_count == 0)
        s_read_elements (&reader, gradmq_layout_elements (layout));
    for (size_t i = 0; i < gradient->part_count; i++)
        s_read_part (&reader, layout, &gradient->parts [i]);
    gradmq_factors_destroy (&factors);
}

//  What was decoded says the same after encoding.
static void
s_again (const gradmq_gradient_t *gradient)
{
    void *first, *second;
    size_t size, size_again;
    bool attributable;
    gradmq_gradient_t again;
    FUZZ_HOLDS (!gradmq_wire_encode_gradient (gradient, &first, &size));
    FUZZ_HOLDS (!gradmq_wire_decode_gradient (&again, first, size, &attributable, NULL));
    FUZZ_HOLDS (attributable);
    FUZZ_HOLDS (!gradmq_wire_encode_gradient (&again, &second, &size_again));
    FUZZ_HOLDS (size == size_again && memcmp (first, second, size) == 0);
    gradmq_gradient_clear (&again);
    free (first);
    free (second);
}

//  The quick reader takes only what the full one takes, and reads the same from it.
static void
s_both_ways (const uint8_t *header, size_t size)
{
    gradmq_gradient_t quick, full;
    gradmq_reason_t reason;
    bool attributable;
    if (size < GRADMQ_PREAMBLE_BYTES)
        return;
    header += GRADMQ_PREAMBLE_BYTES;
    size -= GRADMQ_PREAMBLE_BYTES;
    bool taken = gradmq_gradient_read_quickly (&quick, header, size);
    gradmq_err_t err = gradmq_gradient_decode_fully (&full, header, size, &attributable, &reason);
    if (taken) {
        FUZZ_HOLDS (!err);
        uint8_t first [2048], second [2048];
        size_t length = gradmq_wire_encode_gradient_into (&quick, first, sizeof first);
        FUZZ_HOLDS (length <= sizeof first);
        FUZZ_HOLDS (gradmq_wire_encode_gradient_into (&full, second, sizeof second) == length);
        FUZZ_HOLDS (memcmp (first, second, length) == 0);
    }
    gradmq_gradient_clear (&quick);
    if (!err)
        gradmq_gradient_clear (&full);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    if (size < HEAD_BYTES)
        return 0;
    size_t header = gradmq_get_u16 (data);
    const uint8_t *bytes = data + HEAD_BYTES;
    size -= HEAD_BYTES;
    if (header > size)
        header = size;
    s_both_ways (bytes, header);
    gradmq_gradient_t gradient;
    gradmq_reason_t reason;
    bool attributable;
    if (gradmq_wire_decode_gradient (&gradient, bytes, header, &attributable, &reason)) {
        FUZZ_HOLDS (!gradient.parts && !gradient.metrics);
        return 0;
    }
    s_again (&gradient);
    gradmq_frame_t frames [FRAMES_MAX];
    gradmq_layout_t *layout = s_layout (data [3]);
    //  Fuzzers do not find layout ids: every second layout choice gives the right one.
    if (data [3] & 0x80)
        gradient.layout = gradmq_layout_id (layout);
    s_split (&gradient.payload, frames, bytes + header, size - header, data [2]);
    s_read (&gradient, layout);
    gradmq_gradient_clear (&gradient);
    gradmq_layout_release (&layout);
    return 0;
}
