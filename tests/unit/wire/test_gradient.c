#include "wire/gradient.h"

#include "core/bytes.h"
#include "wire/message.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static gradmq_gradient_t
s_plain (void)
{
    gradmq_gradient_t gradient;
    gradmq_gradient_init (&gradient);
    strcpy (gradient.model, "m");
    strcpy (gradient.worker, "w1");
    gradient.incarnation = 7;
    gradient.sequence = 3;
    gradient.low_water = 2;
    gradient.layout = 0x0123456789abcdefu;
    return gradient;
}

static gradmq_err_t
s_decode (gradmq_gradient_t *to, const gradmq_gradient_t *from, bool *attributable)
{
    void *header;
    size_t size;
    assert_int_equal (gradmq_wire_encode_gradient (from, &header, &size), GRADMQ_OK);
    gradmq_err_t err = gradmq_wire_decode_gradient (to, header, size, attributable, NULL);
    free (header);
    return err;
}

static void
test_decode_gradient_plain_keeps_fields (void **state)
{
    (void) state;
    gradmq_gradient_t from = s_plain (), to;
    bool attributable;
    assert_int_equal (s_decode (&to, &from, &attributable), GRADMQ_OK);
    assert_true (attributable);
    assert_string_equal (to.model, "m");
    assert_string_equal (to.worker, "w1");
    assert_int_equal (to.incarnation, 7);
    assert_int_equal (to.sequence, 3);
    assert_int_equal (to.low_water, 2);
    assert_false (to.has_base);
    assert_false (to.has_clock);
    assert_int_equal (to.kind, GRADMQ_KIND_GRADIENT);
    assert_true (to.weight == 1 && to.loss_scale == 1);
    assert_true (to.layout == 0x0123456789abcdefu);
    assert_int_equal (to.part_count + to.metric_count, 0);
    gradmq_gradient_clear (&to);
}

static void
test_decode_gradient_full_keeps_fields (void **state)
{
    (void) state;
    gradmq_gradient_t from = s_plain (), to;
    gradmq_part_t parts [] = {{.tensor = 1, .encoding = GRADMQ_ENCODING_DENSE},
                              {.tensor = 300,
                               .encoding = GRADMQ_ENCODING_ROWS,
                               .dtype = gradmq_dtype (GRADMQ_DTYPE_F16),
                               .count = 2}};
    uint64_t stated [] = {UINT64_MAX, 1u << 20};
    gradmq_metric_t metrics [] = {{"loss", 0.25, 1}, {"accuracy", 0.5, 64}};
    from.has_base = true;
    from.base_epoch = UINT64_MAX;
    from.base_version = 9;
    from.has_clock = from.last_of_clock = true;
    from.kind = GRADMQ_KIND_DELTA;
    from.weight = 64;
    from.loss_scale = 1024;
    from.dtype = GRADMQ_DTYPE_BF16;
    from.part_count = from.metric_count = 2;
    from.parts = parts;
    from.stated_bytes = stated;
    from.metrics = metrics;
    bool attributable;
    assert_int_equal (s_decode (&to, &from, &attributable), GRADMQ_OK);
    assert_true (to.has_base && to.base_epoch == UINT64_MAX && to.base_version == 9);
    assert_true (to.has_clock && to.clock == 0 && to.last_of_clock);
    assert_int_equal (to.kind, GRADMQ_KIND_DELTA);
    assert_true (to.weight == 64 && to.loss_scale == 1024);
    assert_int_equal (to.dtype, GRADMQ_DTYPE_BF16);
    assert_int_equal (to.part_count, 2);
    assert_int_equal (to.parts [0].tensor, 1);
    assert_null (to.parts [0].dtype);
    assert_true (to.stated_bytes [0] == UINT64_MAX);
    assert_int_equal (to.parts [1].tensor, 300);
    assert_int_equal (to.parts [1].encoding, GRADMQ_ENCODING_ROWS);
    assert_ptr_equal (to.parts [1].dtype, gradmq_dtype (GRADMQ_DTYPE_F16));
    assert_int_equal (to.parts [1].count, 2);
    assert_int_equal (to.stated_bytes [1], 1u << 20);
    assert_int_equal (to.metric_count, 2);
    assert_string_equal (to.metrics [1].name, "accuracy");
    assert_true (to.metrics [1].value == 0.5 && to.metrics [1].weight == 64);
    assert_true (to.metrics [0].weight == 1);
    gradmq_gradient_clear (&to);
}

static void
test_decode_gradient_bad_identity_is_not_attributable (void **state)
{
    (void) state;
    static const struct {
        const char *model, *worker;
        uint64_t incarnation, sequence, low_water;
        gradmq_err_t code;
    } cases [] = {
        {"", "w", 1, 1, 1, GRADMQ_ERR_NAME},      {"m", "-w", 1, 1, 1, GRADMQ_ERR_NAME},
        {"m", "w", 0, 1, 1, GRADMQ_ERR_ARGUMENT}, {"m", "w", 1, 0, 1, GRADMQ_ERR_ARGUMENT},
        {"m", "w", 1, 4, 5, GRADMQ_ERR_ARGUMENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases [0]; i++) {
        gradmq_gradient_t from = s_plain (), to;
        bool attributable = true;
        strcpy (from.model, cases [i].model);
        strcpy (from.worker, cases [i].worker);
        from.incarnation = cases [i].incarnation;
        from.sequence = cases [i].sequence;
        from.low_water = cases [i].low_water;
        assert_int_equal (s_decode (&to, &from, &attributable), cases [i].code);
        assert_false (attributable);
    }
}

static void
test_decode_gradient_bad_content_is_attributable (void **state)
{
    (void) state;
    gradmq_metric_t metric = {"loss", 0.5, 1};
    for (int i = 0; i < 7; i++) {
        gradmq_gradient_t from = s_plain (), to;
        gradmq_err_t code = i < 2 ? GRADMQ_ERR_UNSUPPORTED : GRADMQ_ERR_ARGUMENT;
        bool attributable = false;
        from.kind = i == 0 ? 77 : GRADMQ_KIND_GRADIENT;
        from.dtype = i == 1 ? 77 : 0;
        from.weight = i == 2 ? (double) NAN : i == 3 ? -1 : 1;
        from.loss_scale = i == 4 ? 0 : i == 5 ? (double) INFINITY : 1;
        metric.value = i == 6 ? (double) NAN : 0.5;
        from.metrics = &metric;
        from.metric_count = 1;
        assert_int_equal (s_decode (&to, &from, &attributable), code);
        assert_true (attributable);
        assert_string_equal (to.worker, "w1");
        assert_int_equal (to.sequence, 3);
        assert_null (to.metrics);
    }
}

static void
test_decode_gradient_wrong_preamble_is_refused_by_code (void **state)
{
    (void) state;
    static const struct {
        size_t at;
        uint8_t octet;
        gradmq_err_t code;
    } cases [] = {{0, 'X', GRADMQ_ERR_PREAMBLE},  {4, 2, GRADMQ_ERR_VERSION},
                  {5, 4, GRADMQ_ERR_PREAMBLE},    {6, 1, GRADMQ_ERR_UNSUPPORTED},
                  {7, 1, GRADMQ_ERR_UNSUPPORTED}, {8, 0x0b, GRADMQ_ERR_MALFORMED}};
    for (size_t i = 0; i < sizeof cases / sizeof cases [0]; i++) {
        gradmq_gradient_t from = s_plain (), to;
        uint8_t header [128];
        bool attributable;
        gradmq_reason_t reason = {0};
        size_t size = gradmq_wire_encode_gradient_into (&from, header, sizeof header);
        header [cases [i].at] = cases [i].octet;
        assert_int_equal (gradmq_wire_decode_gradient (&to, header, size, &attributable, &reason),
                          cases [i].code);
        assert_false (attributable);
        assert_true (strlen (reason.text) > 10);
    }
}

static void
test_decode_gradient_cut_anywhere_is_refused_or_keeps_nothing_owned (void **state)
{
    (void) state;
    gradmq_gradient_t from = s_plain ();
    uint8_t header [128];
    size_t size = gradmq_wire_encode_gradient_into (&from, header, sizeof header);
    for (size_t cut = 0; cut < size; cut++) {
        gradmq_gradient_t to;
        bool attributable;
        uint8_t *exact = malloc (cut ? cut : 1);
        memcpy (exact, header, cut);
        if (!gradmq_wire_decode_gradient (&to, exact, cut, &attributable, NULL))
            gradmq_gradient_clear (&to);
        else if (cut < GRADMQ_PREAMBLE_BYTES)
            assert_false (attributable);
        free (exact);
    }
}

static void
test_encode_gradient_into_too_small_tells_the_size (void **state)
{
    (void) state;
    gradmq_gradient_t from = s_plain ();
    uint8_t header [128];
    size_t size = gradmq_wire_encode_gradient_into (&from, NULL, 0);
    memset (header, 0xee, sizeof header);
    assert_int_equal (gradmq_wire_encode_gradient_into (&from, header, size - 1), size);
    assert_int_equal (header [size - 1], 0xee);
    assert_int_equal (gradmq_wire_encode_gradient_into (&from, header, size), size);
    assert_int_equal (header [size], 0xee);
}

//  A layout of a (2, 3) and b (4).
static gradmq_layout_t *
s_layout (void)
{
    static const uint64_t a [] = {2, 3}, b [] = {4};
    const gradmq_tensor_spec_t specs [] = {{"a", 2, a}, {"b", 1, b}};
    gradmq_layout_t *layout;
    assert_int_equal (gradmq_layout_open (&layout, specs, 2, GRADMQ_DTYPE_F32, NULL), GRADMQ_OK);
    return layout;
}

static gradmq_err_t
s_check (gradmq_gradient_t *gradient, const gradmq_layout_t *layout, const uint8_t *bytes,
         size_t first, size_t second)
{
    gradmq_frame_t frames [] = {{bytes, first}, {bytes + first, second}};
    gradient->payload = (gradmq_payload_t){frames, second ? 2 : first ? 1 : 0, first + second};
    return gradmq_gradient_check (gradient, layout, NULL);
}

static void
test_gradient_check_whole_holds_lengths (void **state)
{
    (void) state;
    uint8_t bytes [80] = {0};
    gradmq_layout_t *layout = s_layout ();
    gradmq_gradient_t gradient = s_plain ();
    gradient.layout = gradmq_layout_id (layout);
    assert_int_equal (s_check (&gradient, layout, bytes, 40, 0), GRADMQ_OK);
    assert_int_equal (s_check (&gradient, layout, bytes, 8, 32), GRADMQ_OK);
    assert_int_equal (s_check (&gradient, layout, bytes, 6, 34), GRADMQ_ERR_ALIGNMENT);
    assert_int_equal (s_check (&gradient, layout, bytes, 40, 4), GRADMQ_ERR_LENGTH);
    assert_int_equal (s_check (&gradient, layout, bytes, 0, 0), GRADMQ_ERR_LENGTH);
    gradient.dtype = GRADMQ_DTYPE_F64;
    assert_int_equal (s_check (&gradient, layout, bytes, 40, 40), GRADMQ_OK);
    gradient.layout++;
    assert_int_equal (s_check (&gradient, layout, bytes, 40, 40), GRADMQ_ERR_LAYOUT);
    gradmq_layout_release (&layout);
}

static void
test_gradient_check_parts_places_them (void **state)
{
    (void) state;
    uint8_t bytes [32] = {0};
    gradmq_layout_t *layout = s_layout ();
    gradmq_gradient_t gradient = s_plain ();
    gradmq_part_t parts [] = {
        {.tensor = 0, .encoding = GRADMQ_ENCODING_ROWS, .count = 1},
        {.tensor = 1, .encoding = GRADMQ_ENCODING_DENSE, .dtype = gradmq_dtype (GRADMQ_DTYPE_F16)}};
    uint64_t stated [] = {16, UINT64_MAX};
    gradient.layout = gradmq_layout_id (layout);
    gradient.parts = parts;
    gradient.stated_bytes = stated;
    gradient.part_count = 2;
    gradmq_put_u32 (bytes, 1);
    assert_int_equal (s_check (&gradient, layout, bytes, 16, 8), GRADMQ_OK);
    assert_int_equal (parts [0].bytes, 16);
    assert_int_equal (parts [1].offset, 16);
    assert_int_equal (parts [1].bytes, 8);
    assert_ptr_equal (parts [0].dtype, gradmq_dtype (GRADMQ_DTYPE_F32));
    gradmq_put_u32 (bytes, 2);
    assert_int_equal (s_check (&gradient, layout, bytes, 16, 8), GRADMQ_ERR_ARGUMENT);
    stated [0] = 17;
    assert_int_equal (s_check (&gradient, layout, bytes, 16, 8), GRADMQ_ERR_LENGTH);
    parts [1].tensor = 2;
    stated [0] = 16;
    assert_int_equal (s_check (&gradient, layout, bytes, 16, 8), GRADMQ_ERR_ARGUMENT);
    parts [1].tensor = 0;
    assert_int_equal (s_check (&gradient, layout, bytes, 16, 8), GRADMQ_ERR_ARGUMENT);
    gradmq_layout_release (&layout);
}

static void
test_gradient_check_skip_has_no_payload (void **state)
{
    (void) state;
    uint8_t bytes [40] = {0};
    gradmq_layout_t *layout = s_layout ();
    gradmq_gradient_t gradient = s_plain ();
    gradient.kind = GRADMQ_KIND_SKIP;
    gradient.layout = 0;
    assert_int_equal (s_check (&gradient, layout, bytes, 0, 0), GRADMQ_OK);
    assert_int_equal (s_check (&gradient, layout, bytes, 40, 0), GRADMQ_ERR_LENGTH);
    gradient.layout = 5;
    assert_int_equal (s_check (&gradient, layout, bytes, 0, 0), GRADMQ_ERR_LAYOUT);
    gradmq_layout_release (&layout);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_decode_gradient_plain_keeps_fields),
        cmocka_unit_test (test_decode_gradient_full_keeps_fields),
        cmocka_unit_test (test_decode_gradient_bad_identity_is_not_attributable),
        cmocka_unit_test (test_decode_gradient_bad_content_is_attributable),
        cmocka_unit_test (test_decode_gradient_wrong_preamble_is_refused_by_code),
        cmocka_unit_test (test_decode_gradient_cut_anywhere_is_refused_or_keeps_nothing_owned),
        cmocka_unit_test (test_encode_gradient_into_too_small_tells_the_size),
        cmocka_unit_test (test_gradient_check_whole_holds_lengths),
        cmocka_unit_test (test_gradient_check_parts_places_them),
        cmocka_unit_test (test_gradient_check_skip_has_no_payload),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
