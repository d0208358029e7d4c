//  Parts of every encoding, read in blocks of any length, give the elements that they stand for.

#include "kernel/gemm.h"
#include "kernel/int8.h"
#include "step/reader.h"
#include "tensor/encoding.h"
#include "unit/step/fixture.h"

enum { PARTS = 7, WHOLE = 3 * 5 + 777 + 1 + 300 * 310 + 2 * 66000 + 4 + 6 };

typedef struct {
    gradmq_layout_t *layout;
    gradmq_part_t parts [PARTS];
    double *expected;  //  the whole layout
    uint8_t *bytes;
    size_t size;
    gradmq_frame_t *frames;
    gradmq_payload_t payload;
    gradmq_factors_t *factors;
} s_sample_t;

static gradmq_layout_t *
s_layout (uint32_t master)
{
    static const uint64_t a [] = {3, 5}, b [] = {777}, d [] = {300, 31, 10}, e [] = {2, 66000},
                            f [] = {4}, g [] = {3, 2};
    const gradmq_tensor_spec_t specs [PARTS] = {{"a", 2, a}, {"b", 1, b}, {"c", 0, NULL},
                                                {"d", 3, d}, {"e", 2, e}, {"f", 1, f},
                                                {"g", 2, g}};
    gradmq_layout_t *layout;
    assert_int_equal (gradmq_layout_open (&layout, specs, PARTS, master, NULL), GRADMQ_OK);
    return layout;
}

static void
s_begin_part (s_sample_t *self, uint32_t tensor, uint32_t encoding, uint32_t dtype, uint64_t count)
{
    self->parts [tensor] = (gradmq_part_t){.tensor = tensor,
                                           .encoding = encoding,
                                           .dtype = gradmq_dtype (dtype),
                                           .count = count,
                                           .offset = self->size};
    gradmq_part_t *part = &self->parts [tensor];
    assert_int_equal (gradmq_part_size (gradmq_layout_tensor (self->layout, tensor), encoding,
                                        part->dtype, count, &part->bytes, NULL),
                      GRADMQ_OK);
}

static void
s_put (s_sample_t *self, const void *bytes, size_t size)
{
    memcpy (self->bytes + self->size, bytes, size);
    self->size += size;
}

static void
s_put_values (s_sample_t *self, const gradmq_dtype_t *dtype, const double *values, size_t count)
{
    dtype->from_f64 (self->bytes + self->size, values, count);
    self->size += count * dtype->size;
}

static double *
s_expected (s_sample_t *self, uint32_t tensor)
{
    return self->expected + gradmq_layout_tensor (self->layout, tensor)->first;
}

static void
s_dense (s_sample_t *self, uint32_t tensor, uint32_t dtype, uint32_t *seed)
{
    double *to = s_expected (self, tensor);
    size_t count = gradmq_layout_tensor (self->layout, tensor)->elements;
    for (size_t i = 0; i < count; i++)
        to [i] = fixture_value (seed);
    s_begin_part (self, tensor, GRADMQ_ENCODING_DENSE, dtype, 0);
    s_put_values (self, gradmq_dtype (dtype), to, count);
}

//  Every `step`-th element.
static void
s_top_k (s_sample_t *self, uint32_t tensor, uint32_t dtype, uint32_t step, uint32_t *seed)
{
    double *to = s_expected (self, tensor), values [1000];
    uint32_t elements = (uint32_t) gradmq_layout_tensor (self->layout, tensor)->elements, count = 0;
    s_begin_part (self, tensor, GRADMQ_ENCODING_TOP_K, dtype, (elements + step - 1) / step);
    for (uint32_t i = 0; i < elements; i++) {
        to [i] = 0;
        if (i % step)
            continue;
        values [count++] = to [i] = fixture_value (seed);
        s_put (self, &i, sizeof i);
    }
    s_put_values (self, gradmq_dtype (dtype), values, count);
}

static void
s_int8 (s_sample_t *self, uint32_t tensor, uint32_t *seed)
{
    double *to = s_expected (self, tensor);
    size_t count = gradmq_layout_tensor (self->layout, tensor)->elements;
    size_t blocks = (count + GRADMQ_INT8_BLOCK - 1) / GRADMQ_INT8_BLOCK;
    s_begin_part (self, tensor, GRADMQ_ENCODING_INT8, GRADMQ_DTYPE_F32, 0);
    for (size_t block = 0; block < blocks; block++)
        s_put (self, &(float){ldexpf (1, (int) block - 3)}, sizeof (float));
    for (size_t i = 0; i < count; i++) {
        int8_t octet = (int8_t) (fixture_value (seed) * 128);
        to [i] = octet * ldexp (1, (int) (i / GRADMQ_INT8_BLOCK) - 3);
        s_put (self, &octet, 1);
    }
}

//  Factors of small multiples of 1/8, so that products are exact in any order.
static void
s_low_rank (s_sample_t *self, uint32_t tensor, uint32_t dtype, size_t rank, uint32_t *seed)
{
    const gradmq_tensor_t *t = gradmq_layout_tensor (self->layout, tensor);
    size_t m = t->rows, n = t->row;
    double *left = malloc (m * rank * sizeof *left), *right = malloc (n * rank * sizeof *right);
    for (size_t i = 0; i < m * rank; i++)
        left [i] = floor (fixture_value (seed) * 8) / 8;
    for (size_t i = 0; i < n * rank; i++)
        right [i] = floor (fixture_value (seed) * 8) / 8;
    s_begin_part (self, tensor, GRADMQ_ENCODING_LOW_RANK, dtype, rank);
    s_put_values (self, gradmq_dtype (dtype), left, m * rank);
    s_put_values (self, gradmq_dtype (dtype), right, n * rank);
    double *to = s_expected (self, tensor);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            to [i * n + j] = 0;
            for (size_t k = 0; k < rank; k++)
                to [i * n + j] += left [i * rank + k] * right [k * n + j];
        }
    free (left);
    free (right);
}

//  Frames of about `piece` bytes that end where parts let them.
static void
s_cut (s_sample_t *self, size_t piece)
{
    self->frames = calloc (self->size / piece + PARTS * 3, sizeof *self->frames);
    size_t count = 0;
    for (size_t p = 0; p < PARTS; p++) {
        const gradmq_part_t *part = &self->parts [p];
        uint64_t head = gradmq_part_head (gradmq_layout_tensor (self->layout, part->tensor), part);
        uint64_t ends [] = {part->offset + head, part->offset + part->bytes};
        uint64_t at = part->offset;
        for (size_t e = 0; e < 2; at = ends [e++])
            for (; at < ends [e]; at += piece)
                self->frames [count++] = (gradmq_frame_t){
                    self->bytes + at, ends [e] - at < piece ? ends [e] - at : piece};
    }
    self->payload = (gradmq_payload_t){self->frames, count, self->size};
    assert_int_equal (gradmq_payload_check (&self->payload, self->layout, self->parts, PARTS, NULL),
                      GRADMQ_OK);
}

static void
s_open (s_sample_t *self, uint32_t master, size_t piece)
{
    uint32_t seed = 5;
    memset (self, 0, sizeof *self);
    self->layout = s_layout (master);
    assert_int_equal (gradmq_layout_elements (self->layout), WHOLE);
    self->expected = malloc (WHOLE * sizeof (double));
    self->bytes = malloc (8 * (size_t) WHOLE);
    s_dense (self, 0, GRADMQ_DTYPE_F16, &seed);
    s_int8 (self, 1, &seed);
    s_top_k (self, 2, GRADMQ_DTYPE_F64, 1, &seed);
    s_low_rank (self, 3, GRADMQ_DTYPE_F32, 3, &seed);
    s_low_rank (self, 4, GRADMQ_DTYPE_BF16, 2, &seed);
    s_top_k (self, 5, GRADMQ_DTYPE_F16, 3, &seed);
    s_dense (self, 6, GRADMQ_DTYPE_F32, &seed);
    s_cut (self, piece);
    self->factors = gradmq_factors_new ();
    assert_int_equal (gradmq_factors_reserve (self->factors, self->layout,
                                              gradmq_layout_dtype (self->layout), self->parts,
                                              PARTS, NULL),
                      GRADMQ_OK);
}

static void
s_close (s_sample_t *self)
{
    gradmq_factors_destroy (&self->factors);
    gradmq_layout_release (&self->layout);
    free (self->expected);
    free (self->bytes);
    free (self->frames);
}

typedef struct {
    double scratch [GRADMQ_BLOCK], raw [GRADMQ_BLOCK];
} s_blocks_t;

static gradmq_reader_t
s_reader (const s_sample_t *self, s_blocks_t *blocks)
{
    const gradmq_dtype_t *master = gradmq_layout_dtype (self->layout);
    return (gradmq_reader_t){.payload = &self->payload,
                             .dtype = master,
                             .master = master,
                             .real = gradmq_real (master),
                             .transform = GRADMQ_TRANSFORM_NONE,
                             .scratch = blocks->scratch,
                             .raw = blocks->raw,
                             .factors = self->factors};
}

//  The next `count` elements of a part are what they should be, times `factor`.
static void
s_same (const s_sample_t *self, gradmq_reader_t *reader, uint32_t tensor, uint64_t at, size_t count,
        double factor)
{
    double got [GRADMQ_BLOCK];
    const double *wanted = self->expected + gradmq_layout_tensor (self->layout, tensor)->first + at;
    reader->master->to_f64 (got, gradmq_reader_read (reader, count), count);
    for (size_t i = 0; i < count; i++)
        assert_true (got [i] == wanted [i] * factor);
}

static void
s_same_part (const s_sample_t *self, gradmq_reader_t *reader, uint32_t tensor, size_t block,
             double factor)
{
    const gradmq_tensor_t *t = gradmq_layout_tensor (self->layout, tensor);
    gradmq_reader_part (reader, &self->parts [tensor], t);
    for (uint64_t at = 0; at < t->elements; at += block)
        s_same (self, reader, tensor, at, t->elements - at < block ? t->elements - at : block,
                factor);
}

static void
test_read_every_encoding_in_blocks_of_any_length (void **state)
{
    (void) state;
    s_blocks_t blocks;
    const size_t lengths [] = {1, 7, 255, 256, 1000, GRADMQ_BLOCK}, pieces [] = {8, 1000, 1 << 20};
    for (uint32_t master = GRADMQ_DTYPE_F32; master <= GRADMQ_DTYPE_F64; master++)
        for (size_t p = 0; p < 3; p++) {
            s_sample_t sample;
            s_open (&sample, master, pieces [p]);
            for (size_t l = 0; l < 6; l++) {
                gradmq_reader_t reader = s_reader (&sample, &blocks);
                reader.transform.first = -2;
                for (uint32_t tensor = 0; tensor < PARTS; tensor++)
                    s_same_part (&sample, &reader, tensor, lengths [l], -2);
            }
            s_close (&sample);
        }
}

static void
test_part_skips_what_was_not_read (void **state)
{
    (void) state;
    s_blocks_t blocks;
    s_sample_t sample;
    s_open (&sample, GRADMQ_DTYPE_F32, 1000);
    for (uint32_t left_out = 0; left_out < 1u << PARTS; left_out++) {
        gradmq_reader_t reader = s_reader (&sample, &blocks);
        for (uint32_t tensor = 0; tensor < PARTS; tensor++) {
            if (left_out >> tensor & 1)
                continue;
            gradmq_reader_part (&reader, &sample.parts [tensor],
                                gradmq_layout_tensor (sample.layout, tensor));
            s_same (&sample, &reader, tensor, 0, 1, 1);
            if (tensor % 2)
                gradmq_reader_leave (&reader, 3);
        }
        s_same_part (&sample, &reader, 1, 300, 1);  //  back to one that was passed
    }
    s_close (&sample);
}

static void
test_copy_put_back_rewinds (void **state)
{
    (void) state;
    s_blocks_t blocks;
    s_sample_t sample;
    s_open (&sample, GRADMQ_DTYPE_F32, 1000);
    gradmq_reader_t reader = s_reader (&sample, &blocks);
    for (uint32_t tensor = 0; tensor < PARTS; tensor++) {
        const gradmq_tensor_t *t = gradmq_layout_tensor (sample.layout, tensor);
        gradmq_reader_part (&reader, &sample.parts [tensor], t);
        size_t half = (size_t) t->elements / 2 % 3000, rest = (size_t) t->elements % 1000;
        if (half + rest > t->elements)
            rest = (size_t) t->elements - half;
        s_same (&sample, &reader, tensor, 0, half, 1);
        const gradmq_reader_t before = reader;
        s_same (&sample, &reader, tensor, half, rest, 1);
        s_same_part (&sample, &reader, (tensor + 1) % PARTS, 4000, 1);
        reader = before;
        s_same (&sample, &reader, tensor, half, rest, 1);
    }
    s_close (&sample);
}

//  Also two that share factors, each of which spoils what the other has there.
static void
test_readers_side_by_side_do_not_disturb_each_other (void **state)
{
    (void) state;
    s_blocks_t blocks [2];
    s_sample_t sample;
    s_open (&sample, GRADMQ_DTYPE_F64, 5000);
    gradmq_reader_t readers [2] = {s_reader (&sample, &blocks [0]),
                                   s_reader (&sample, &blocks [1])};
    const uint32_t tensors [] = {3, 4};
    for (size_t i = 0; i < 2; i++)
        gradmq_reader_part (&readers [i], &sample.parts [tensors [i]],
                            gradmq_layout_tensor (sample.layout, tensors [i]));
    for (uint64_t at = 0; at < 90000; at += 3000)
        for (size_t i = 0; i < 2; i++)
            s_same (&sample, &readers [i], tensors [i], at, 3000, 1);
    s_close (&sample);
}

static void
test_reserve_more_than_there_is_says_so (void **state)
{
    (void) state;
    const uint64_t shape [] = {1u << 20, 1u << 20};
    const gradmq_tensor_spec_t spec = {"t", 2, shape};
    gradmq_layout_t *layout;
    gradmq_reason_t reason;
    assert_int_equal (gradmq_layout_open (&layout, &spec, 1, GRADMQ_DTYPE_F64, NULL), GRADMQ_OK);
    gradmq_factors_t *factors = gradmq_factors_new ();
    gradmq_part_t part = {.encoding = GRADMQ_ENCODING_LOW_RANK, .count = UINT64_MAX / 16};
    assert_int_equal (
        gradmq_factors_reserve (factors, layout, gradmq_layout_dtype (layout), &part, 1, &reason),
        GRADMQ_ERR_MEMORY);
    assert_non_null (strstr (reason.text, "lower rank"));
    part.count = 1;
    assert_int_equal (
        gradmq_factors_reserve (factors, layout, gradmq_layout_dtype (layout), &part, 1, NULL),
        GRADMQ_OK);
    gradmq_factors_destroy (&factors);
    gradmq_layout_release (&layout);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_read_every_encoding_in_blocks_of_any_length),
        cmocka_unit_test (test_part_skips_what_was_not_read),
        cmocka_unit_test (test_copy_put_back_rewinds),
        cmocka_unit_test (test_readers_side_by_side_do_not_disturb_each_other),
        cmocka_unit_test (test_reserve_more_than_there_is_says_so),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
