//  L-10 and section 5: what the octets of TOP_K, INT8 and LOW_RANK stand for is what is applied; L-6 for the
//  indices of TOP_K, L-8 for what it says of the other elements, check 11 of G-2 for what is decoded.

#include "spec/fixture/stage.h"

#define SIDE 3
#define BYTES (SIDE * SIDE * sizeof (float))

//  A matrix "t" of SIDE x SIDE ones.
static stage_t
s_stage (void)
{
    static const uint64_t shape [] = {SIDE, SIDE};
    static const gradmq_tensor_spec_t tensor = {"t", 2, shape};
    static const float ones [SIDE * SIDE] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    stage_t stage = stage_new ();
    stage_load (&stage, &tensor, 1, GRADMQ_DTYPE_F32, ones, BYTES);
    return stage;
}

static zmsg_t *
s_message (const stage_t *stage, uint32_t encoding, uint64_t count, const void *octets, size_t size)
{
    gradmq_part_t part = {.tensor = 0, .encoding = encoding, .count = count};
    gradmq_gradient_t gradient = stage_gradient (stage);
    gradient.parts = &part;
    gradient.part_count = 1;
    return peer_frames (&gradient, octets, size);
}

static void
s_assert_now (stage_t *stage, const float expected [SIDE * SIDE])
{
    float now [SIDE * SIDE];
    stage_read (stage, now, sizeof now, NULL);
    for (size_t i = 0; i < SIDE * SIDE; i++)
        assert_true (now [i] == expected [i]);
}

static void
test_top_k_is_dense_with_zeros (void **state)
{
    (void) state;
    struct {
        uint32_t indices [2];
        float values [2];
    } octets = {{1, 8}, {0.5f, -2.0f}};
    stage_t stage = s_stage ();
    const uint32_t bad [][2] = {{8, 1}, {1, 1}, {0, 9}, {UINT32_MAX, 0}};
    for (size_t i = 0; i < 4; i++) {
        memcpy (octets.indices, bad [i], sizeof bad [i]);
        zmsg_t *message = s_message (&stage, GRADMQ_ENCODING_TOP_K, 2, &octets, sizeof octets);
        stage_refused (&stage, &message, GRADMQ_ERR_ARGUMENT);
    }
    memcpy (octets.indices, (uint32_t []){1, 8}, 8);
    zmsg_t *message = s_message (&stage, GRADMQ_ENCODING_TOP_K, 2, &octets, sizeof octets);
    stage_applied (&stage, &message);
    s_assert_now (&stage, (float []){1, 0.5f, 1, 1, 1, 1, 1, 1, 3});
    peer_destroy (&stage.peer);
}

static void
test_int8_is_octet_times_scale (void **state)
{
    (void) state;
    struct {
        float scale;
        int8_t octets [SIDE * SIDE];
    } octets = {0.25f, {0, 1, -1, 127, -127, -128, 4, -4, 2}};
    stage_t stage = s_stage ();
    const float bad [] = {INFINITY, -INFINITY, NAN, 1e17f};  //  the last: 128 times it is too much
    for (size_t i = 0; i < 4; i++) {
        octets.scale = bad [i];
        zmsg_t *message = s_message (&stage, GRADMQ_ENCODING_INT8, 0, &octets, 4 + SIDE * SIDE);
        stage_refused (&stage, &message, GRADMQ_ERR_NON_FINITE);
    }
    octets.scale = 0.25f;
    zmsg_t *message = s_message (&stage, GRADMQ_ENCODING_INT8, 0, &octets, 4 + SIDE * SIDE);
    stage_applied (&stage, &message);
    s_assert_now (&stage, (float []){1, 0.75f, 1.25f, -30.75f, 32.75f, 33.0f, 0.0f, 2.0f, 0.5f});
    peer_destroy (&stage.peer);
}

static void
test_low_rank_is_the_product (void **state)
{
    (void) state;
    float octets [2][SIDE] = {{1, 0, -2}, {0.5f, 1, 4}};
    stage_t stage = s_stage ();
    const float bad [] = {NAN, INFINITY, 1e38f, 1e18f};  //  the last two: times 4
    for (size_t i = 0; i < 4; i++) {
        octets [0][0] = bad [i];
        zmsg_t *message = s_message (&stage, GRADMQ_ENCODING_LOW_RANK, 1, octets, sizeof octets);
        stage_refused (&stage, &message, GRADMQ_ERR_NON_FINITE);
    }
    octets [0][0] = 1;
    zmsg_t *message = s_message (&stage, GRADMQ_ENCODING_LOW_RANK, 1, octets, sizeof octets);
    stage_applied (&stage, &message);
    s_assert_now (&stage, (float []){0.5f, 0, -3, 1, 1, 1, 2, 3, 9});
    peer_destroy (&stage.peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_top_k_is_dense_with_zeros),
        cmocka_unit_test (test_int8_is_octet_times_scale),
        cmocka_unit_test (test_low_rank_is_the_product),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
