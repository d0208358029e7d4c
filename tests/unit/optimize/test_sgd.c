//  Gradients in one pass are gradients one by one.

#include "trial.h"

#include "optimize/streamed.h"

//  A series is what the same gradients one by one are, to the bit, zeros of either sign included.
static void
test_series_is_the_same_as_one_by_one (void **state)
{
    (void) state;
    enum { COUNT = 131, MOST_GRADIENTS = 11 };
    const gradmq_optimizer_t *sgd = gradmq_optimizer_find ("sgd");
    gradmq_isa_t before = gradmq_isa ();
    for (int i = 0; i < 2 * GRADMQ_ISAS * MOST_GRADIENTS; i++) {
        bool wide = i & 1;
        size_t gradients = (size_t) (i / 2 % MOST_GRADIENTS) + 1, size = wide ? 8 : 4;
        if (!gradmq_isa_use ((gradmq_isa_t) (i / 2 / MOST_GRADIENTS)))
            continue;
        static uint8_t g [MOST_GRADIENTS][COUNT * 8 + 1], one [COUNT * 8 + 1], all [COUNT * 8 + 1];
        const void *pointers [MOST_GRADIENTS];
        double rates [MOST_GRADIENTS], limit = 0;
        uint64_t seed = 5;
        memset (one, 0, sizeof one);
        for (size_t j = 0; j < COUNT; j++)
            s_put (one + 1, j, wide, j % 5 ? s_random (&seed) - 0.5 : j % 2 ? -0.0 : 0.0);
        memcpy (all, one, sizeof all);
        for (size_t k = 0; k < gradients; k++) {
            pointers [k] = g [k] + 1;
            rates [k] = k % 3 ? s_random (&seed) : -s_random (&seed);
            for (size_t j = 0; j < COUNT; j++)
                s_put (g [k] + 1, j, wide,
                       (j + k) % 3 ? s_random (&seed) - 0.5
                       : k % 2     ? -0.0
                                   : 0.0);
            gradmq_terms_t terms = {.rate = rates [k], .count = k + 1};
            double factor [GRADMQ_FACTORS_MAX] = {0};
            gradmq_block_t block = {one + 1, one + 1, g [k] + 1, {0}, COUNT, factor};
            sgd->prepare (&terms, factor);
            limit = (wide ? sgd->block_f64 : sgd->block_f32) (&block);
        }
        gradmq_series_t series = {all + 1, all + 1, pointers, rates, gradients, COUNT};
        gradmq_series_pass_t *pass = wide ? sgd->series_f64 : sgd->series_f32;
        static uint8_t far [COUNT * 8 + 1];
        memset (far, 0, sizeof far);
        gradmq_series_t away = {all + 1, far + 1, pointers, rates, gradients, COUNT};
        assert_true (gradmq_series_streamed (pass, &away, size) == limit);
        gradmq_kernel_stream_end ();
        assert_memory_equal (one, far, COUNT * size + 1);
        assert_true (pass (&series) == limit);
        assert_memory_equal (one, all, COUNT * size + 1);
    }
    gradmq_isa_use (before);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_series_is_the_same_as_one_by_one),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
