#include "checkpoint/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void
test_room_new_every_size_is_aligned_and_all_there (void **state)
{
    (void) state;
    static const uint64_t sizes [] = {0, 1, 63, 4096, (2 << 20) - 64, (2 << 20) - 63, 5000001};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes [0]; i++) {
        char *data = gradmq_room_new (sizes [i]);
        assert_non_null (data);
        assert_int_equal ((uintptr_t) data % 64, 0);
        memset (data, 1, (size_t) sizes [i]);
        gradmq_room_free (data);
    }
}

static void
test_room_new_more_than_there_is_gives_null (void **state)
{
    (void) state;
    assert_null (gradmq_room_new (UINT64_MAX));
    assert_null (gradmq_room_new (UINT64_MAX / 2));
    assert_null (gradmq_room_new (UINT64_C (1) << 50));
    gradmq_room_free (NULL);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_room_new_every_size_is_aligned_and_all_there),
        cmocka_unit_test (test_room_new_more_than_there_is_gives_null),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
