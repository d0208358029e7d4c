//  L-9: DENSE and INT8 have no `count`; refused: ARGUMENT. INT8 has dtype F32; refused: UNSUPPORTED.
//  LOW_RANK needs a tensor of at least 2 dimensions (refused: UNSUPPORTED) and a count of 1 to the
//  smaller side (refused: ARGUMENT).

#include "spec/fixture/stage.h"

typedef struct {
    uint32_t tensor, encoding, dtype;
    uint64_t count;
    size_t size;
    gradmq_err_t err;  //  0: applied
} s_case_t;

//  Of a matrix of 3 x (2 x 2), a vector of 3 and a scalar.
static const s_case_t s_cases [] = {
    {0, GRADMQ_ENCODING_DENSE, GRADMQ_DTYPE_F32, 1, 48, GRADMQ_ERR_ARGUMENT},
    {0, GRADMQ_ENCODING_DENSE, GRADMQ_DTYPE_F32, 12, 48, GRADMQ_ERR_ARGUMENT},
    {0, GRADMQ_ENCODING_DENSE, GRADMQ_DTYPE_F32, UINT64_MAX, 48, GRADMQ_ERR_ARGUMENT},
    {0, GRADMQ_ENCODING_INT8, GRADMQ_DTYPE_F32, 1, 16, GRADMQ_ERR_ARGUMENT},
    {0, GRADMQ_ENCODING_INT8, GRADMQ_DTYPE_F32, UINT64_MAX, 16, GRADMQ_ERR_ARGUMENT},
    {0, GRADMQ_ENCODING_INT8, GRADMQ_DTYPE_F64, 0, 16, GRADMQ_ERR_UNSUPPORTED},
    {0, GRADMQ_ENCODING_INT8, GRADMQ_DTYPE_F16, 0, 16, GRADMQ_ERR_UNSUPPORTED},
    {0, GRADMQ_ENCODING_INT8, GRADMQ_DTYPE_F32, 0, 15, GRADMQ_ERR_LENGTH},
    {1, GRADMQ_ENCODING_LOW_RANK, GRADMQ_DTYPE_F32, 1, 16, GRADMQ_ERR_UNSUPPORTED},
    {2, GRADMQ_ENCODING_LOW_RANK, GRADMQ_DTYPE_F32, 1, 8, GRADMQ_ERR_UNSUPPORTED},
    {0, GRADMQ_ENCODING_LOW_RANK, GRADMQ_DTYPE_F32, 0, 28, GRADMQ_ERR_ARGUMENT},
    {0, GRADMQ_ENCODING_LOW_RANK, GRADMQ_DTYPE_F32, 4, 112, GRADMQ_ERR_ARGUMENT},
    {0, GRADMQ_ENCODING_LOW_RANK, GRADMQ_DTYPE_F32, UINT64_MAX, 28, GRADMQ_ERR_ARGUMENT},
    {0, GRADMQ_ENCODING_LOW_RANK, GRADMQ_DTYPE_F32, 2, 28, GRADMQ_ERR_LENGTH},
    {0, GRADMQ_ENCODING_INT8, GRADMQ_DTYPE_F32, 0, 16, GRADMQ_OK},
    {1, GRADMQ_ENCODING_INT8, GRADMQ_DTYPE_F32, 0, 7, GRADMQ_OK},
    {2, GRADMQ_ENCODING_INT8, GRADMQ_DTYPE_F32, 0, 5, GRADMQ_OK},
    {0, GRADMQ_ENCODING_LOW_RANK, GRADMQ_DTYPE_F32, 1, 28, GRADMQ_OK},
    {0, GRADMQ_ENCODING_LOW_RANK, GRADMQ_DTYPE_F16, 3, 42, GRADMQ_OK},
    {0, GRADMQ_ENCODING_LOW_RANK, GRADMQ_DTYPE_F64, 3, 168, GRADMQ_OK},
};

static void
test_counts_dtypes_and_shapes_of_encodings (void **state)
{
    (void) state;
    static const uint64_t matrix [] = {3, 2, 2}, vector [] = {3};
    static const gradmq_tensor_spec_t tensors [] = {
        {"m", 3, matrix}, {"v", 1, vector}, {"s", 0, NULL}};
    static const uint8_t zeros [168];
    stage_t stage = stage_new ();
    stage_load (&stage, tensors, 3, GRADMQ_DTYPE_F32, (float [16]){1}, 64);
    for (size_t i = 0; i < sizeof s_cases / sizeof s_cases [0]; i++) {
        const s_case_t *c = &s_cases [i];
        gradmq_part_t part = {.tensor = c->tensor,
                              .encoding = c->encoding,
                              .dtype = gradmq_dtype (c->dtype),
                              .count = c->count};
        gradmq_gradient_t gradient = stage_gradient (&stage);
        gradient.parts = &part;
        gradient.part_count = 1;
        zmsg_t *message = peer_frames (&gradient, zeros, c->size);
        if (c->err)
            stage_refused (&stage, &message, c->err);
        else
            stage_applied (&stage, &message);
    }
    float now [16];
    stage_read (&stage, now, sizeof now, NULL);
    for (size_t i = 0; i < 16; i++)
        assert_true (now [i] == (i ? 0.0f : 1.0f));
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_counts_dtypes_and_shapes_of_encodings),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
