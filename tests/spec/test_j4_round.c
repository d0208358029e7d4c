//  J-4 with O-4 and O-10: a member that dies while others wait for it holds them up no longer than its lease.

#include "spec/fixture/crew.h"

static void
s_renew (crew_t *crew, size_t worker)
{
    assert_int_equal (
        act_join (crew->peer, crew->of [worker].name, crew->of [worker].incarnation, 1), GRADMQ_OK);
}

//  Renew the others' leases until this version is there.
static void
s_until (crew_t *crew, uint64_t version)
{
    int64_t end = zclock_mono () + PEER_WAIT_MS;
    do {
        s_renew (crew, 0);
        s_renew (crew, 1);
        if (zclock_mono () > end)
            fail_msg ("the dead are waited for");
    } while (crew_status (crew), crew->peer->reply.position.version < version);
}

static void
test_dead_member_ends_its_round_by_its_lease (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (3, "policy", "bsp", "rule", "sum");
    crew_subscribe (crew);
    crew_push (crew, 0, 1);
    crew_push (crew, 1, 2);
    crew_held (crew, 1, 1);
    CREW_SET (crew, "lease_ms", "400");
    assert_int_equal (act_join (crew->peer, "c", crew->of [2].incarnation, 1), GRADMQ_OK);
    s_until (crew, 1);
    crew_notice (crew, GRADMQ_NOTICE_EXPIRED, 0, 0);
    CREW_SET (crew, "lease_ms", "60000");
    s_renew (crew, 0);
    s_renew (crew, 1);
    assert_int_equal (act_members (crew->peer), 2);
    //  Nobody waits for it in the next round.
    crew_push (crew, 0, 4);
    crew_push (crew, 1, 8);
    crew_model (crew, 2, -15);
    crew_destroy (&crew);
}

static void
test_dead_member_frees_the_clock (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (3, "policy", "ssp");
    crew_push (crew, 0, 1);
    crew_push (crew, 1, 1);
    crew_push (crew, 0, 1);
    crew_push (crew, 1, 1);
    crew_model (crew, 2, -2);
    crew_held (crew, 0, 2);
    CREW_SET (crew, "lease_ms", "400");
    assert_int_equal (act_join (crew->peer, "c", crew->of [2].incarnation, 1), GRADMQ_OK);
    s_until (crew, 4);
    CREW_SET (crew, "lease_ms", "60000");
    s_renew (crew, 0);
    s_renew (crew, 1);
    crew_model (crew, 4, -4);
    assert_int_equal (crew_status (crew)->min_clock, 2);
    crew_destroy (&crew);
}

//  What it sent before it died takes part.
static void
test_gradient_of_the_dead_takes_part (void **state)
{
    (void) state;
    crew_t *crew = CREW_NEW (2, "policy", "bsp", "rule", "sum", "lease_ms", "100");
    crew_push (crew, 1, 2);
    crew_status (crew);
    int64_t end = zclock_mono () + PEER_WAIT_MS;
    while (crew_status (crew)->members)
        assert_true (zclock_mono () < end);
    //  Both have died: nobody is waited for.
    crew_model (crew, 1, -2);
    crew_disposed (crew, 1, 1, GRADMQ_APPLIED, 0);
    crew_destroy (&crew);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_dead_member_ends_its_round_by_its_lease),
        cmocka_unit_test (test_dead_member_frees_the_clock),
        cmocka_unit_test (test_gradient_of_the_dead_takes_part),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
