//  The table of optimizers.

#include "trial.h"

#include <dirent.h>

static void
test_table_rows_and_files_agree (void **state)
{
    (void) state;
    size_t found = 0, rows = 0;
    for (const gradmq_optimizer_t *row; (row = gradmq_optimizer_at (rows)); rows++) {
        char path [128];
        snprintf (path, sizeof path, "broker/optimize/%s.c", row->name);
        FILE *file = fopen (path, "r");
        assert_non_null (file);
        fclose (file);
    }
    DIR *folder = opendir ("broker/optimize");
    assert_non_null (folder);
    for (struct dirent *entry; (entry = readdir (folder));) {
        size_t length = strlen (entry->d_name);
        if (length < 3 || strcmp (entry->d_name + length - 2, ".c") != 0)
            continue;
        char name [300];
        snprintf (name, sizeof name, "%.*s", (int) length - 2, entry->d_name);
        found += gradmq_optimizer_find (name) != NULL;
        if (!gradmq_optimizer_find (name) && strncmp (name, "schedule", 8) != 0
            && strcmp (name, "optimizer") != 0 && strcmp (name, "resolve") != 0
            && strcmp (name, "streamed") != 0)
            fail_msg ("broker/optimize/%s is in no row", entry->d_name);
    }
    closedir (folder);
    assert_int_equal (rows, 14);
    assert_int_equal (found, rows);
}

static void
test_table_every_row_is_whole (void **state)
{
    (void) state;
    const gradmq_optimizer_t *row;
    for (size_t i = 0; (row = gradmq_optimizer_at (i)); i++) {
        assert_ptr_equal (gradmq_optimizer_find (row->name), row);
        assert_non_null (row->source);
        assert_true (row->states <= GRADMQ_STATES_MAX);
        assert_true (row->learning_rate > 0);
        assert_non_null (row->prepare);
        assert_non_null (row->block_f32);
        assert_non_null (row->block_f64);
        assert_int_equal (row->trust_ratio, row->trust != NULL);
        assert_int_equal (row->trust_ratio, row->norms_f32 && row->norms_f64);
        assert_int_equal (row->coalesces, row->series_f32 && row->series_f64);
        assert_int_equal (row->coalesces, strcmp (row->name, "sgd") == 0);
        for (size_t j = 0; j < row->read_count; j++) {
            const gradmq_setting_row_t *setting = &gradmq_setting_table [row->reads [j]];
            assert_int_equal (setting->reader, GRADMQ_READER_OPTIMIZER);
            assert_true (row->defaults [j] >= setting->least);
            assert_true (row->defaults [j] <= setting->most);
        }
    }
    assert_null (gradmq_optimizer_find ("sgd "));
    assert_null (gradmq_optimizer_find (""));
}

//  A term that a row does not read may hold anything; one that it reads has an effect.
static void
test_prepare_uses_exactly_what_the_row_reads (void **state)
{
    (void) state;
    const struct {
        gradmq_setting_id_t id;
        size_t offset;
    } terms [] = {
#define TERM(name) {GRADMQ_SETTING_##name, offsetof (gradmq_terms_t, name)}
        TERM (momentum),       TERM (dampening),    TERM (beta1),
        TERM (beta2),          TERM (epsilon),      TERM (rho),
        TERM (momentum_decay), TERM (l2),           TERM (trust_coefficient),
        TERM (rate_decay),     TERM (weight_decay), TERM (initial_accumulator),
    };
    const gradmq_optimizer_t *row;
    for (size_t i = 0; (row = gradmq_optimizer_at (i)); i++)
        for (size_t j = 0; j < sizeof terms / sizeof terms [0]; j++) {
            gradmq_terms_t changed = s_terms;
            memcpy ((char *) &changed + terms [j].offset, &(double){NAN}, sizeof (double));
            double factor [GRADMQ_FACTORS_MAX] = {0}, sum = 0;
            row->prepare (&changed, factor);
            if (row->trust)
                row->trust (&changed, (const double [2]){1, 2}, factor);
            for (size_t k = 0; k < GRADMQ_FACTORS_MAX; k++)
                sum += factor [k];
            for (size_t k = 0; row->initial_state && k < row->states; k++)
                sum += row->initial_state (&changed, k);
            if (gradmq_optimizer_reads (row, terms [j].id) != (bool) isnan (sum))
                fail_msg ("%s and %s", row->name, gradmq_setting_table [terms [j].id].name);
        }
}

//  FedAdam: the means as they are, from steps of one element.
static void
test_adam_without_bias_correction_is_the_plain_formula (void **state)
{
    (void) state;
    const gradmq_optimizer_t *adam = gradmq_optimizer_find ("adam");
    assert_true (gradmq_optimizer_reads (adam, GRADMQ_SETTING_bias_correction));
    assert_false (
        gradmq_optimizer_reads (gradmq_optimizer_find ("sgd"), GRADMQ_SETTING_bias_correction));
    double p = 0.5, m = 0, v = 0, s0 = 0, s1 = 0, wanted = 0.5;
    for (uint64_t count = 1; count <= 20; count++) {
        double g = (double) count / 8 - 1, factor [GRADMQ_FACTORS_MAX];
        gradmq_terms_t terms = {.rate = 0.1,
                                .beta1 = 0.9,
                                .beta2 = 0.99,
                                .epsilon = 1e-3,
                                .uncorrected = true,
                                .count = count,
                                .running = {1, 1}};
        adam->prepare (&terms, factor);
        gradmq_block_t block = {
            .p = &p, .p_new = &p, .g = &g, .state = {&s0, &s1}, .count = 1, .factor = factor};
        adam->block_f64 (&block);
        m = 0.9 * m + (1 - 0.9) * g;
        v = 0.99 * v + (1 - 0.99) * g * g;
        wanted -= 0.1 * m / (sqrt (v) + 1e-3);
        assert_true (fabs (p - wanted) < 1e-12);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_table_rows_and_files_agree),
        cmocka_unit_test (test_table_every_row_is_whole),
        cmocka_unit_test (test_prepare_uses_exactly_what_the_row_reads),
        cmocka_unit_test (test_adam_without_bias_correction_is_the_plain_formula),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
