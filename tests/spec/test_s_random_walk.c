//  Sections 8 to 11 at once: workers that do random things over sockets of their own, against a plain
//  model of what the rules say. Acknowledgements and parameters have to agree exactly.
//
//  The heartbeat is so long that nothing departs by the clock.

#include "spec/fixture/act.h"
#include "spec/fixture/rules.h"

#include <inttypes.h>

enum { ACTIONS = 2500, WINDOW = GRADMQ_RECEIVE_WINDOW };

//    source  xorshift64*
static uint64_t
s_random (rules_t *walk, uint64_t below)
{
    walk->random ^= walk->random >> 12;
    walk->random ^= walk->random << 25;
    walk->random ^= walk->random >> 27;
    return (walk->random * 2685821657736338717ull >> 16) % below;
}

//  --------------------------------------------------------------------------------------------
//  Comparing

static void
s_compare_ack (rules_t *walk, rules_worker_t *worker, const gradmq_ack_t *ack)
{
    gradmq_range_t ranges [RULES_RANGES];
    size_t missing = rules_missing (worker, ranges);
    assert_int_equal (ack->incarnation, worker->incarnation);
    act_assert_ack (ack, worker->received, worker->settled, worker->applied, missing,
                    worker->other_count);
    for (size_t i = 0; i < missing; i++)
        act_assert_missing (ack, i, ranges [i].first, ranges [i].last, ranges [i].code);
    for (size_t i = 0; i < worker->other_count; i++)
        act_assert_disposed (ack, i, worker->others [i].sequence, worker->others [i].disposition,
                             worker->others [i].code);
    assert_int_equal (ack->dispositions_from, worker->from);
    assert_int_equal (ack->credit_gradients, rules_credit (walk));
    assert_int_equal (ack->position.epoch, walk->epoch);
    assert_int_equal (ack->position.version, walk->version);
}

static void
s_compare (rules_t *walk, rules_worker_t *worker)
{
    act_handled (walk->peer, walk->handled);
    assert_int_equal (walk->peer->reply.status.queued_gradients, walk->queued);
    walk->known = walk->version;
    uint64_t sent = s_random (walk, 4) ? 0 : worker->next - 1;
    peer_ack (walk->peer, worker->name, worker->incarnation, sent);
    worker->sent = sent > worker->sent ? sent : worker->sent;
    s_compare_ack (walk, worker, &walk->peer->reply.ack);
}

static void
s_compare_all (rules_t *walk)
{
    for (size_t i = 0; i < RULES_WORKERS; i++)
        s_compare (walk, &walk->workers [i]);
    uint64_t version;
    float *values = peer_parameters (walk->peer, RULES_ELEMENTS, &version);
    assert_int_equal (version, walk->version);
    for (size_t e = 0; e < RULES_ELEMENTS; e++)
        if (!((double) values [e] == walk->parameters [e]))
            fail_msg ("parameter %zu is %g, not %g", e, (double) values [e], walk->parameters [e]);
    free (values);
}

//  --------------------------------------------------------------------------------------------
//  Acting

//  What this sequence carries; made when it is sent first.
static rules_sequence_t *
s_make (rules_t *walk, rules_worker_t *worker, uint64_t sequence)
{
    rules_sequence_t *what = &worker->of [sequence];
    if (what->made)
        return what;
    what->made = true;
    uint64_t kind = s_random (walk, 20);
    what->bytes = kind < 15 ? RULES_GOOD : (rules_bytes_t) (kind - 15 + RULES_GOOD);
    what->has_base = s_random (walk, 2);
    what->base_epoch = walk->epoch - (s_random (walk, 10) == 0);
    what->base_version = walk->known + (s_random (walk, 20) == 0 ? 1000 : 0);
    return what;
}

static void
s_fill (const rules_t *walk, const rules_sequence_t *what, gradmq_gradient_t *gradient)
{
    gradient->has_base = what->has_base;
    gradient->base_epoch = what->base_epoch;
    gradient->base_version = what->base_version;
    gradient->layout = walk->peer->layout + (what->bytes == RULES_BAD_LAYOUT);
    gradient->weight = what->bytes == RULES_BAD_WEIGHT ? -1 : 1;
    gradient->kind = what->bytes == RULES_SKIP ? GRADMQ_KIND_SKIP : GRADMQ_KIND_GRADIENT;
}

static size_t
s_payload (const rules_worker_t *worker, uint64_t sequence, float values [RULES_ELEMENTS])
{
    rules_bytes_t bytes = worker->of [sequence].bytes;
    for (size_t e = 0; e < RULES_ELEMENTS; e++)
        values [e] = rules_value (worker->incarnation, sequence, e);
    return bytes == RULES_SKIP ? 0 : RULES_ELEMENTS - (bytes == RULES_BAD_LENGTH);
}

static void
s_push (rules_t *walk, rules_worker_t *worker, uint64_t sequence, uint64_t low_water)
{
    float values [RULES_ELEMENTS];
    gradmq_gradient_t gradient =
        peer_gradient (walk->peer, worker->name, worker->incarnation, sequence);
    s_fill (walk, s_make (walk, worker, sequence), &gradient);
    gradient.low_water = low_water;
    size_t count = s_payload (worker, sequence, values);
    zmsg_t *message = peer_frames (&gradient, values, count * sizeof values [0]);
    assert_int_equal (zmsg_send (&message, worker->push), 0);
    walk->handled++;
    if (worker->member)
        rules_arrive (walk, worker, sequence, low_water);
}

static void
s_push_next (rules_t *walk, rules_worker_t *worker)
{
    for (uint64_t i = s_random (walk, 6) + 1; i; i--)
        s_push (walk, worker, worker->next++, 1);
}

//  One that was sent or left out before; often the oldest that is missing.
static void
s_push_old (rules_t *walk, rules_worker_t *worker)
{
    uint64_t sequence = worker->received + 1;
    if (worker->next == 1)
        return;
    if (s_random (walk, 2) || sequence >= worker->next)
        sequence = s_random (walk, worker->next - 1) + 1;
    if (worker->of [sequence].made || worker->of [sequence].phase < RULES_HELD)
        s_push (walk, worker, sequence, 1);
}

static void
s_push_through_control (rules_t *walk, rules_worker_t *worker)
{
    float values [RULES_ELEMENTS];
    uint64_t sequence = worker->next++;
    gradmq_gradient_t gradient =
        peer_gradient (walk->peer, worker->name, worker->incarnation, sequence);
    s_fill (walk, s_make (walk, worker, sequence), &gradient);
    size_t count = s_payload (worker, sequence, values);
    uint32_t code = act_add (walk->peer, &gradient, values, count);
    walk->handled++;
    if (!worker->member) {
        assert_int_equal (code, GRADMQ_ERR_NOT_JOINED);
        return;
    }
    rules_arrive (walk, worker, sequence, 1);
    if (!code)
        s_compare_ack (walk, worker, &walk->peer->reply.added.ack);
    else
        assert_true (sequence > worker->settled + WINDOW
                     || worker->of [sequence].phase != RULES_HELD);
}

static void
s_fenced (rules_t *walk, rules_worker_t *worker)
{
    if (!worker->before)
        return;
    gradmq_gradient_t gradient = peer_gradient (walk->peer, worker->name, worker->before, 1);
    float values [RULES_ELEMENTS] = {1000};
    zmsg_t *message = peer_frames (&gradient, values, sizeof values);
    assert_int_equal (zmsg_send (&message, worker->push), 0);
    walk->handled++;
    assert_int_equal (act_join (walk->peer, worker->name, worker->before, 1), GRADMQ_ERR_FENCED);
}

static void
s_leave (rules_t *walk, rules_worker_t *worker)
{
    uint64_t last = worker->next - 1;
    act_handled (walk->peer, walk->handled);
    assert_int_equal (act_leave (walk->peer, worker->name, worker->incarnation, last), GRADMQ_OK);
    worker->sent = last > worker->sent ? last : worker->sent;
    bool complete = worker->settled >= last && !rules_held (walk, worker, true);
    assert_int_equal (walk->peer->reply.left.complete, complete);
    worker->member = worker->member && !complete;
}

static void
s_rejoin (rules_t *walk, rules_worker_t *worker)
{
    act_handled (walk->peer, walk->handled);
    uint64_t incarnation = worker->incarnation, how = s_random (walk, 8), next = 1;
    if (how == 0)
        incarnation = 0;
    else if (how == 1) {
        incarnation++;
        next = s_random (walk, 100) + 1;
    }
    assert_int_equal (act_join (walk->peer, worker->name, incarnation, next), GRADMQ_OK);
    worker->member = true;
    if (how < 2)
        rules_begin (worker, walk->peer->reply.joined.incarnation, next);
    s_compare_ack (walk, worker, &walk->peer->reply.joined.ack);
}

static void
s_switch (rules_t *walk)
{
    act_handled (walk->peer, walk->handled);
    gradmq_command_t command = walk->running ? GRADMQ_COMMAND_STOP : GRADMQ_COMMAND_START;
    assert_int_equal (act_command (walk->peer, command), GRADMQ_OK);
    walk->running = !walk->running;
    if (walk->running) {
        rules_run (walk);
        act_drained (walk->peer);
    }
}

static void
s_new_epoch (rules_t *walk)
{
    assert_true (walk->peer->reply.position.epoch > walk->epoch);
    walk->epoch = walk->peer->reply.position.epoch;
    walk->version = walk->known = 0;
}

static void
s_clear (rules_t *walk)
{
    bool new_epoch = s_random (walk, 2);
    act_handled (walk->peer, walk->handled);
    assert_int_equal (act_clear (walk->peer, new_epoch), GRADMQ_OK);
    assert_int_equal (walk->peer->reply.cleared, walk->queued);
    for (size_t i = 0; i < walk->queued; i++)
        if (walk->queue [i].incarnation == walk->queue [i].worker->incarnation)
            rules_dispose (walk->queue [i].worker, walk->queue [i].sequence, GRADMQ_DISCARDED, 0);
    walk->queued = 0;
    if (new_epoch)
        s_new_epoch (walk);
}

static void
s_load (rules_t *walk)
{
    act_handled (walk->peer, walk->handled);
    peer_load_stopped (walk->peer, RULES_ELEMENTS);
    s_new_epoch (walk);
    for (size_t e = 0; e < RULES_ELEMENTS; e++)
        walk->parameters [e] = 1;
}

static void
s_change_staleness (rules_t *walk)
{
    act_handled (walk->peer, walk->handled);
    walk->max_staleness = s_random (walk, 3) ? 0 : s_random (walk, 20) + 1;
    char text [24];
    snprintf (text, sizeof text, "%" PRIu64, walk->max_staleness);
    peer_set (walk->peer, "max_staleness", text);
}

static void
s_act (rules_t *walk)
{
    rules_worker_t *worker = &walk->workers [s_random (walk, RULES_WORKERS)];
    uint64_t what = s_random (walk, 100);
    if (what < 35)
        s_push_next (walk, worker);
    else if (what < 60)
        s_push_old (walk, worker);
    else if (what < 67)
        worker->next++;  //  left out
    else if (what < 75)
        s_push_through_control (walk, worker);
    else if (what < 77)
        s_push (walk, worker, worker->settled + WINDOW + 1 + s_random (walk, 3), 1);
    else if (what < 79)
        s_push (walk, worker, worker->next, worker->next), worker->next++;
    else if (what < 82)
        s_fenced (walk, worker);
    else if (what < 85)
        s_leave (walk, worker);
    else if (what < 88 || worker->next + 2 * WINDOW > RULES_SEQUENCES)
        s_rejoin (walk, worker);
    else if (what < 96)
        s_switch (walk);
    else if (what < 98)
        s_clear (walk);
    else if (what < 99)
        s_load (walk);
    else
        s_change_staleness (walk);
    s_compare (walk, worker);
}

static void
s_open (rules_t *walk)
{
    gradmq_coordinator_options_t options = peer_options ();
    options.heartbeat_ms = 60000;
    walk->peer = peer_new_with (&options);
    s_load (walk);
    char text [24];
    snprintf (text, sizeof text, "%d", RULES_QUEUE);
    peer_set (walk->peer, "queue_gradients", text);
    for (size_t i = 0; i < RULES_WORKERS; i++) {
        rules_worker_t *worker = &walk->workers [i];
        snprintf (worker->name, sizeof worker->name, "w%zu", i);
        rules_begin (worker, peer_join (walk->peer, worker->name), 1);
        worker->push = zsock_new (ZMQ_PUSH);
        zsock_set_linger (worker->push, 1000);
        assert_int_equal (
            zsock_connect (worker->push, "%s",
                           gradmq_coordinator_endpoint (walk->peer->coordinator, "gradients", 0)),
            0);
    }
}

static void
s_walk (uint64_t seed)
{
    rules_t *walk = calloc (1, sizeof *walk);
    assert_non_null (walk);
    walk->random = seed;
    s_open (walk);
    for (int i = 0; i < ACTIONS; i++) {
        s_act (walk);
        if (i % 50 == 0)
            s_compare_all (walk);
    }
    if (!walk->running)
        s_switch (walk);
    s_compare_all (walk);
    for (size_t i = 0; i < RULES_WORKERS; i++)
        zsock_destroy (&walk->workers [i].push);
    peer_destroy (&walk->peer);
    free (walk);
}

static void
test_seed_1 (void **state)
{
    (void) state;
    s_walk (1);
}

static void
test_seed_2 (void **state)
{
    (void) state;
    s_walk (20240229);
}

static void
test_seed_3 (void **state)
{
    (void) state;
    s_walk (0x9e3779b97f4a7c15ull);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_seed_1),
        cmocka_unit_test (test_seed_2),
        cmocka_unit_test (test_seed_3),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
