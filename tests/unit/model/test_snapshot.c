#include "model/snapshot.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static gradmq_layout_t *
s_layout (uint64_t elements)
{
    const gradmq_tensor_spec_t spec = {"t", 1, &elements};
    gradmq_layout_t *layout;
    assert_int_equal (gradmq_layout_open (&layout, &spec, 1, GRADMQ_DTYPE_F32, NULL), GRADMQ_OK);
    return layout;
}

static void
test_snapshot_new_buffers_are_aligned (void **state)
{
    (void) state;
    const uint64_t sizes [] = {1, 1000, 1u << 20, (1u << 20) + 1};
    const uintptr_t alignments [] = {64, 64, 2u << 20, 2u << 20};
    for (size_t i = 0; i < 4; i++) {
        gradmq_layout_t *layout = s_layout (sizes [i]);
        gradmq_pool_t *pool = gradmq_pool_new (gradmq_layout_bytes (layout), 1);
        gradmq_snapshot_t *snapshot = gradmq_snapshot_new (pool, layout);
        assert_int_equal ((uintptr_t) gradmq_snapshot_bytes (snapshot) % alignments [i], 0);
        memset (gradmq_snapshot_write (snapshot), 1, gradmq_layout_bytes (layout));
        gradmq_snapshot_release (&snapshot);
        gradmq_pool_destroy (&pool);
        gradmq_layout_release (&layout);
    }
}

static void
test_snapshot_release_buffer_comes_back_warm (void **state)
{
    (void) state;
    gradmq_layout_t *layout = s_layout (1000);
    gradmq_pool_t *pool = gradmq_pool_new (4000, 1);
    gradmq_snapshot_t *first = gradmq_snapshot_new (pool, layout);
    gradmq_snapshot_t *second = gradmq_snapshot_new (pool, layout);
    const void *bytes = gradmq_snapshot_bytes (first);
    assert_int_equal (gradmq_pool_used (pool), 2);
    gradmq_snapshot_release (&first);
    assert_null (first);
    gradmq_snapshot_release (&second);
    assert_int_equal (gradmq_pool_used (pool), 0);
    first = gradmq_snapshot_new (pool, layout);
    assert_ptr_equal (gradmq_snapshot_bytes (first), bytes);
    gradmq_snapshot_release (&first);
    gradmq_pool_destroy (&pool);
    gradmq_layout_release (&layout);
}

static void
test_pool_trim_frees_what_is_idle_beyond_that (void **state)
{
    (void) state;
    gradmq_layout_t *layout = s_layout (1000);
    gradmq_pool_t *pool = gradmq_pool_new (4000, 3);
    gradmq_snapshot_t *snapshots [4];
    for (size_t i = 0; i < 4; i++)
        snapshots [i] = gradmq_snapshot_new (pool, layout);
    for (size_t i = 0; i < 3; i++)
        gradmq_snapshot_release (&snapshots [i]);
    assert_int_equal (gradmq_pool_idle (pool), 3);
    gradmq_pool_trim (pool, 3);
    assert_int_equal (gradmq_pool_idle (pool), 3);
    gradmq_pool_trim (pool, 1);
    assert_int_equal (gradmq_pool_idle (pool), 1);
    assert_int_equal (gradmq_pool_used (pool), 1);
    gradmq_snapshot_release (&snapshots [3]);
    assert_int_equal (gradmq_pool_idle (pool), 2);
    gradmq_pool_trim (pool, 0);
    assert_int_equal (gradmq_pool_idle (pool), 0);
    gradmq_pool_destroy (&pool);
    gradmq_layout_release (&layout);
}

static void
test_pool_destroy_with_buffers_out_lives_until_the_last_is_back (void **state)
{
    (void) state;
    gradmq_layout_t *layout = s_layout (10);
    gradmq_pool_t *pool = gradmq_pool_new (40, 2);
    gradmq_snapshot_t *snapshot = gradmq_snapshot_new (pool, layout);
    gradmq_snapshot_t *reader = gradmq_snapshot_acquire (snapshot);
    assert_true (gradmq_snapshot_shared (snapshot));
    gradmq_pool_destroy (&pool);
    gradmq_layout_release (&layout);
    gradmq_snapshot_release (&snapshot);
    assert_false (gradmq_snapshot_shared (reader));
    memset (gradmq_snapshot_write (reader), 0, 40);
    assert_int_equal (gradmq_layout_elements (gradmq_snapshot_layout (reader)), 10);
    gradmq_snapshot_release (&reader);
}

static void
test_pool_new_impossible_size_is_out_of_memory (void **state)
{
    (void) state;
    assert_null (gradmq_pool_new (UINT64_MAX, 1));
    gradmq_layout_t *layout = s_layout (1ull << 40);
    gradmq_pool_t *pool = gradmq_pool_new (1ull << 62, 1);
    assert_non_null (pool);
    assert_null (gradmq_snapshot_new (pool, layout));
    assert_int_equal (gradmq_pool_used (pool), 0);
    gradmq_pool_destroy (&pool);
    gradmq_layout_release (&layout);
}

static void
s_count_release (void *bytes, void *context)
{
    assert_non_null (bytes);
    ++*(int *) context;
}

static void
test_snapshot_wrap_gives_back_with_the_last_reference (void **state)
{
    (void) state;
    gradmq_layout_t *layout = s_layout (2);
    float values [2] = {1, 2};
    int released = 0;
    gradmq_snapshot_t *snapshot = gradmq_snapshot_wrap (layout, values, s_count_release, &released);
    gradmq_snapshot_t *reader = gradmq_snapshot_acquire (snapshot);
    assert_false (gradmq_snapshot_pooled (snapshot));
    assert_ptr_equal (gradmq_snapshot_bytes (reader), values);
    gradmq_snapshot_release (&snapshot);
    assert_int_equal (released, 0);
    gradmq_snapshot_release (&reader);
    assert_int_equal (released, 1);
    gradmq_layout_release (&layout);
}

//  A maker writes versions and hands them to readers, which read and let go on their own threads,
//  as ZeroMQ's do. Under the thread sanitizer a reference freed too early or a buffer written too
//  early shows.
enum { S_READERS = 3, S_VERSIONS = 2000, S_ELEMENTS = 64 };

typedef struct {
    _Atomic (gradmq_snapshot_t *) slot;
    atomic_bool over;
    size_t wrong;
} s_reader_t;

static void *
s_read (void *arg)
{
    s_reader_t *self = arg;
    for (;;) {
        bool over = atomic_load (&self->over);
        gradmq_snapshot_t *snapshot = atomic_exchange (&self->slot, NULL);
        if (!snapshot && over)
            return NULL;
        if (!snapshot)
            continue;
        const float *values = gradmq_snapshot_bytes (snapshot);
        for (size_t i = 0; i < S_ELEMENTS; i++)
            self->wrong += values [i] != (float) gradmq_snapshot_version (snapshot);
        gradmq_snapshot_release (&snapshot);
    }
}

static void
test_snapshot_readers_on_other_threads_see_whole_versions (void **state)
{
    (void) state;
    gradmq_layout_t *layout = s_layout (S_ELEMENTS);
    gradmq_pool_t *pool = gradmq_pool_new (gradmq_layout_bytes (layout), 2);
    s_reader_t readers [S_READERS] = {{.over = false}};
    pthread_t threads [S_READERS];
    for (size_t i = 0; i < S_READERS; i++)
        assert_int_equal (pthread_create (&threads [i], NULL, s_read, &readers [i]), 0);
    gradmq_snapshot_t *newest = NULL;
    for (uint64_t version = 0; version < S_VERSIONS; version++) {
        if (!newest || gradmq_snapshot_shared (newest)) {
            gradmq_snapshot_release (&newest);
            newest = gradmq_snapshot_new (pool, layout);
        }
        float *values = gradmq_snapshot_write (newest);
        for (size_t i = 0; i < S_ELEMENTS; i++)
            values [i] = (float) version;
        gradmq_snapshot_stamp (newest, 1, version);
        gradmq_snapshot_t *for_reader = gradmq_snapshot_acquire (newest);
        gradmq_snapshot_t *missed =
            atomic_exchange (&readers [version % S_READERS].slot, for_reader);
        gradmq_snapshot_release (&missed);
    }
    gradmq_snapshot_release (&newest);
    gradmq_pool_destroy (&pool);
    for (size_t i = 0; i < S_READERS; i++) {
        atomic_store (&readers [i].over, true);
        pthread_join (threads [i], NULL);
        assert_int_equal (readers [i].wrong, 0);
    }
    gradmq_layout_release (&layout);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_snapshot_new_buffers_are_aligned),
        cmocka_unit_test (test_snapshot_release_buffer_comes_back_warm),
        cmocka_unit_test (test_pool_trim_frees_what_is_idle_beyond_that),
        cmocka_unit_test (test_pool_destroy_with_buffers_out_lives_until_the_last_is_back),
        cmocka_unit_test (test_pool_new_impossible_size_is_out_of_memory),
        cmocka_unit_test (test_snapshot_wrap_gives_back_with_the_last_reference),
        cmocka_unit_test (test_snapshot_readers_on_other_threads_see_whole_versions),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
