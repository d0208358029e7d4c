//  L-2: the layout id is the first 8 octets of the SHA-256 of the canonical string, read as a
//  little-endian number.

#include "core/random.h"
#include "spec/fixture/stage.h"

//  The canonical string, as the ABNF of section 5 has it.
static raw_t
s_canonical (uint32_t dtype, const gradmq_tensor_spec_t *tensors, uint32_t count)
{
    uint8_t number [8];
    raw_t text = raw_nothing ();
    raw_add (&text, "gradmq.layout.v1\n", 17);
    gradmq_put_u32 (number, dtype);
    gradmq_put_u32 (number + 4, count);
    raw_add (&text, number, 8);
    for (uint32_t i = 0; i < count; i++) {
        gradmq_put_u32 (number, (uint32_t) strlen (tensors [i].name));
        raw_add (&text, number, 4);
        raw_add (&text, tensors [i].name, strlen (tensors [i].name));
        gradmq_put_u32 (number, tensors [i].rank);
        raw_add (&text, number, 4);
        for (uint32_t d = 0; d < tensors [i].rank; d++) {
            gradmq_put_u64 (number, tensors [i].shape [d]);
            raw_add (&text, number, 8);
        }
    }
    return text;
}

static uint64_t
s_id (uint32_t dtype, const gradmq_tensor_spec_t *tensors, uint32_t count)
{
    uint8_t digest [GRADMQ_SHA256_BYTES];
    raw_t text = s_canonical (dtype, tensors, count);
    gradmq_sha256 (text.bytes, text.size, digest);
    free (text.bytes);
    uint64_t id = 0;
    for (size_t i = 8; i > 0; i--)
        id = id << 8 | digest [i - 1];
    return id;
}

static void
s_check (stage_t *stage, uint32_t dtype, const gradmq_tensor_spec_t *tensors, uint32_t count,
         size_t size)
{
    static const double zeros [16];
    uint64_t id = s_id (dtype, tensors, count);
    stage_load (stage, tensors, count, dtype, zeros, size);
    assert_true (stage->peer->reply.loaded.layout_id == id);
    gradmq_request_t describe = {.command = GRADMQ_COMMAND_DESCRIBE};
    assert_int_equal (peer_request (stage->peer, &describe, NULL, 0), GRADMQ_OK);
    assert_true (stage->peer->reply.description.layout_id == id);
    gradmq_request_t get = {.command = GRADMQ_COMMAND_GET_MODEL_PARAMETERS};
    assert_int_equal (peer_request (stage->peer, &get, NULL, 0), GRADMQ_OK);
    assert_true (stage->peer->reply.model_parameters.layout_id == id);
}

static void
test_layout_id_is_that_of_the_canonical_string (void **state)
{
    (void) state;
    const uint64_t shape [] = {2, 3};
    const gradmq_tensor_spec_t tensors [] = {
        {"weight", 2, shape}, {"\xce\xb2", 1, shape}, {"scale", 0, NULL}};
    stage_t stage = stage_new ();
    s_check (&stage, GRADMQ_DTYPE_F32, tensors, 3, 9 * 4);
    s_check (&stage, GRADMQ_DTYPE_F64, tensors, 3, 9 * 8);
    s_check (&stage, GRADMQ_DTYPE_F32, tensors + 2, 1, 4);
    peer_destroy (&stage.peer);
}

//  Known from elsewhere: SHA-256 by another program.
static void
test_layout_id_of_a_known_layout (void **state)
{
    (void) state;
    const uint64_t three = 3;
    stage_t stage = stage_new ();
    assert_true (stage.peer->layout
                 == s_id (GRADMQ_DTYPE_F32, &(gradmq_tensor_spec_t){"t", 1, &three}, 1));
    assert_true (stage.peer->layout == 0x23bbf72ee33aa249ull);
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_layout_id_is_that_of_the_canonical_string),
        cmocka_unit_test (test_layout_id_of_a_known_layout),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
