//  Passes past the caches are the plain passes.

#include "trial.h"

#include "optimize/streamed.h"

//  Destinations at every offset within a line.
static void
test_block_streamed_gives_the_same_bits (void **state)
{
    (void) state;
    static s_trial_t plain, streamed;
    const gradmq_optimizer_t *row;
    for (size_t i = 0; (row = gradmq_optimizer_at (i)); i++)
        for (size_t j = 0; j < 34; j++) {
            bool wide = j & 1;
            size_t n = j < 32 ? 517 : 3, offset = j / 2;
            gradmq_terms_t terms = s_terms;
            double factor [GRADMQ_FACTORS_MAX] = {0};
            row->prepare (&terms, factor);
            s_fill (&plain, 0, n, wide);
            s_fill (&streamed, 0, n, wide);
            gradmq_block_t block = {plain.p, plain.next + offset,
                                    plain.g, {plain.state [0], plain.state [1], plain.state [2]},
                                    n,       factor};
            plain.limit = (wide ? row->block_f64 : row->block_f32) (&block);
            gradmq_block_t other = {
                streamed.p, streamed.next + offset,
                streamed.g, {streamed.state [0], streamed.state [1], streamed.state [2]},
                n,          factor};
            streamed.limit = gradmq_block_streamed (wide ? row->block_f64 : row->block_f32, &other,
                                                    wide ? 8 : 4);
            gradmq_kernel_stream_end ();
            s_assert_same (row, &plain, &streamed, "streaming");
        }
}

static void
test_block_streamed_keeps_the_limit_of_every_piece (void **state)
{
    (void) state;
    static s_trial_t trial;
    static const double poison [] = {INFINITY, NAN};
    const gradmq_optimizer_t *sgd = gradmq_optimizer_find ("sgd");
    double factor [GRADMQ_FACTORS_MAX] = {1, 1};
    for (size_t i = 0; i < 2; i++)
        for (size_t at = 0; at < 500; at += 83) {
            s_fill (&trial, 0, 500, false);
            s_put (trial.g, at, false, poison [i]);
            gradmq_block_t block = {trial.p, trial.next, trial.g, {0}, 500, factor};
            double limit = gradmq_block_streamed (sgd->block_f32, &block, 4);
            assert_true (!isfinite (limit));
        }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_block_streamed_gives_the_same_bits),
        cmocka_unit_test (test_block_streamed_keeps_the_limit_of_every_piece),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
