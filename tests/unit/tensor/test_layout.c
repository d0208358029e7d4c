#include "tensor/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static gradmq_err_t
s_open_one (const char *name, uint32_t rank, const uint64_t *shape, gradmq_layout_t **layout)
{
    gradmq_tensor_spec_t spec = {name, rank, shape};
    return gradmq_layout_open (layout, &spec, 1, GRADMQ_DTYPE_F32, NULL);
}

static void
test_layout_open_tensors_stand_one_after_the_other (void **state)
{
    (void) state;
    const uint64_t matrix [] = {4, 3, 2};
    const uint64_t vector [] = {5};
    const gradmq_tensor_spec_t specs [] = {{"w", 3, matrix}, {"b", 1, vector}, {"s", 0, NULL}};
    gradmq_layout_t *layout;
    assert_int_equal (gradmq_layout_open (&layout, specs, 3, GRADMQ_DTYPE_F64, NULL), GRADMQ_OK);
    assert_int_equal (gradmq_layout_count (layout), 3);
    assert_int_equal (gradmq_layout_elements (layout), 30);
    assert_int_equal (gradmq_layout_bytes (layout), 240);
    const gradmq_tensor_t *w = gradmq_layout_tensor (layout, 0);
    const gradmq_tensor_t *b = gradmq_layout_tensor (layout, 1);
    const gradmq_tensor_t *s = gradmq_layout_tensor (layout, 2);
    assert_int_equal (w->rows, 4);
    assert_int_equal (w->row, 6);
    assert_int_equal (b->first, 24);
    assert_int_equal (b->rows, 5);
    assert_int_equal (b->row, 1);
    assert_int_equal (s->first, 29);
    assert_int_equal (s->rows, 1);
    assert_int_equal (s->elements, 1);
    assert_null (gradmq_layout_tensor (layout, 3));
    gradmq_layout_release (&layout);
    assert_null (layout);
    gradmq_layout_release (&layout);
}

//  The id was computed from rule L-2 by other means:
//  python3 -c "import hashlib,struct;p=struct.pack;s=b'gradmq.layout.v1\n'+p('<II',1,2)+p('<I',1)
//  +b'w'+p('<IQQ',2,2,3)+p('<I',1)+b'b'+p('<I',0);print(hex(int.from_bytes(hashlib.sha256(s)
//  .digest()[:8],'little')))"
static void
test_layout_id_known_layout_is_the_rules_number (void **state)
{
    (void) state;
    const uint64_t shape [] = {2, 3};
    const gradmq_tensor_spec_t specs [] = {{"w", 2, shape}, {"b", 0, NULL}};
    gradmq_layout_t *layout;
    assert_int_equal (gradmq_layout_open (&layout, specs, 2, GRADMQ_DTYPE_F32, NULL), GRADMQ_OK);
    assert_true (gradmq_layout_id (layout) == 0x7f3626b230a7dd1eu);
    gradmq_layout_t *other;
    assert_int_equal (gradmq_layout_open (&other, specs, 2, GRADMQ_DTYPE_F64, NULL), GRADMQ_OK);
    assert_true (gradmq_layout_id (layout) != gradmq_layout_id (other));
    gradmq_layout_release (&other);
    gradmq_layout_release (&layout);
}

static void
test_layout_open_impossible_shapes_are_refused (void **state)
{
    (void) state;
    gradmq_layout_t *layout;
    const uint64_t zero [] = {3, 0};
    const uint64_t nine [] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    const uint64_t most [] = {1ull << 20, 1ull << 20};
    const uint64_t more [] = {(1ull << 40) + 1};
    const uint64_t wraps [] = {1ull << 63, 2, 3};
    assert_int_equal (s_open_one ("t", 2, zero, &layout), GRADMQ_ERR_SHAPE);
    assert_null (layout);
    assert_int_equal (s_open_one ("t", 9, nine, &layout), GRADMQ_ERR_SHAPE);
    assert_int_equal (s_open_one ("t", 1, more, &layout), GRADMQ_ERR_SHAPE);
    assert_int_equal (s_open_one ("t", 3, wraps, &layout), GRADMQ_ERR_SHAPE);
    assert_int_equal (s_open_one ("t", 2, most, &layout), GRADMQ_OK);
    gradmq_layout_release (&layout);
    const gradmq_tensor_spec_t sum [] = {{"a", 2, most}, {"b", 0, NULL}};
    gradmq_reason_t reason;
    assert_int_equal (gradmq_layout_open (&layout, sum, 2, GRADMQ_DTYPE_F32, &reason),
                      GRADMQ_ERR_SHAPE);
    assert_non_null (strstr (reason.text, "'b'"));
    assert_int_equal (gradmq_layout_open (&layout, sum, 0, GRADMQ_DTYPE_F32, NULL),
                      GRADMQ_ERR_SHAPE);
    assert_int_equal (gradmq_layout_open (&layout, sum, SIZE_MAX, GRADMQ_DTYPE_F32, NULL),
                      GRADMQ_ERR_SHAPE);
}

static void
test_layout_open_bad_names_and_dtypes_are_refused (void **state)
{
    (void) state;
    gradmq_layout_t *layout;
    const gradmq_tensor_spec_t one [] = {{"t", 0, NULL}};
    assert_int_equal (s_open_one ("", 0, NULL, &layout), GRADMQ_ERR_NAME);
    assert_int_equal (s_open_one ("a\nb", 0, NULL, &layout), GRADMQ_ERR_NAME);
    assert_int_equal (s_open_one ("__metadata__", 0, NULL, &layout), GRADMQ_ERR_NAME);
    assert_int_equal (s_open_one (NULL, 0, NULL, &layout), GRADMQ_ERR_NAME);
    assert_int_equal (gradmq_layout_open (&layout, one, 1, GRADMQ_DTYPE_F16, NULL),
                      GRADMQ_ERR_UNSUPPORTED);
    assert_int_equal (gradmq_layout_open (&layout, one, 1, 77, NULL), GRADMQ_ERR_UNSUPPORTED);
}

static void
test_layout_open_most_tensors_finds_the_one_name_given_twice (void **state)
{
    (void) state;
    char (*names) [16] = calloc (GRADMQ_TENSORS_MAX, sizeof *names);
    gradmq_tensor_spec_t *specs = calloc (GRADMQ_TENSORS_MAX + 1, sizeof *specs);
    for (size_t i = 0; i < GRADMQ_TENSORS_MAX; i++) {
        snprintf (names [i], sizeof names [i], "t%zu", i);
        specs [i] = (gradmq_tensor_spec_t){names [i], 0, NULL};
    }
    gradmq_layout_t *layout;
    gradmq_reason_t reason;
    assert_int_equal (
        gradmq_layout_open (&layout, specs, GRADMQ_TENSORS_MAX, GRADMQ_DTYPE_F32, NULL), GRADMQ_OK);
    gradmq_layout_release (&layout);
    specs [GRADMQ_TENSORS_MAX - 1].name = "t4000";
    assert_int_equal (
        gradmq_layout_open (&layout, specs, GRADMQ_TENSORS_MAX, GRADMQ_DTYPE_F32, &reason),
        GRADMQ_ERR_NAME);
    assert_non_null (strstr (reason.text, "'t4000'"));
    free (specs);
    free (names);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_layout_open_tensors_stand_one_after_the_other),
        cmocka_unit_test (test_layout_id_known_layout_is_the_rules_number),
        cmocka_unit_test (test_layout_open_impossible_shapes_are_refused),
        cmocka_unit_test (test_layout_open_bad_names_and_dtypes_are_refused),
        cmocka_unit_test (test_layout_open_most_tensors_finds_the_one_name_given_twice),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
