//  Replies stay within header_bytes, so that any client can take them.

#include "spec/fixture/peer.h"

enum { WORKERS = 500 };

static void
s_assert_within_limit (peer_t *peer)
{
    void *header;
    size_t size;
    assert_int_equal (gradmq_wire_encode_reply (&peer->reply, &header, &size), GRADMQ_OK);
    free (header);
    assert_true (size <= GRADMQ_HEADER_BYTES_MAX);
}

//  As many metrics with names as long as there can be.
static void
s_fill_metrics (gradmq_metric_t *metrics)
{
    for (int k = 0; k < (int) GRADMQ_METRICS_MAX; k++) {
        gradmq_metric_t *metric = &metrics [k];
        snprintf (metric->name, sizeof metric->name, "%064d", k);
        metric->value = metric->weight = 0.1;
    }
}

static void
test_list_workers_of_much_metrics_is_cut_into_pages (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    peer_load (peer, 1);
    gradmq_metric_t metrics [GRADMQ_METRICS_MAX];
    s_fill_metrics (metrics);
    for (int i = 0; i < WORKERS; i++) {
        char name [32];
        snprintf (name, sizeof name, "w%04d", i);
        uint64_t incarnation = peer_join (peer, name);
        gradmq_gradient_t gradient = peer_gradient (peer, name, incarnation, 1);
        gradient.metrics = metrics;
        gradient.metric_count = GRADMQ_METRICS_MAX;
        peer_push (peer, &gradient, (float []){0}, 1);
    }
    peer_wait_counter (peer, "applied", WORKERS);
    char after [GRADMQ_NAME_BYTES_MAX + 1] = "";
    int seen = 0;
    bool more = true;
    while (more) {
        gradmq_request_t request = {
            .command = GRADMQ_COMMAND_LIST_WORKERS, .limit = 1024, .after = after};
        assert_int_equal (peer_request (peer, &request, NULL, 0), GRADMQ_OK);
        s_assert_within_limit (peer);
        const gradmq_workers_t *page = &peer->reply.workers;
        assert_true (page->count > 0);
        for (size_t i = 0; i < page->count; i++, seen++) {
            char name [32];
            snprintf (name, sizeof name, "w%04d", seen);
            assert_string_equal (page->workers [i].name, name);
            assert_int_equal (page->workers [i].metric_count, GRADMQ_METRICS_MAX);
        }
        snprintf (after, sizeof after, "%s", page->workers [page->count - 1].name);
        more = page->more;
    }
    assert_int_equal (seen, WORKERS);
    peer_destroy (&peer);
}

static void
test_describe_of_the_largest_layout_is_within_the_limit_or_was_not_loaded (void **state)
{
    (void) state;
    peer_t *peer = peer_new ();
    char (*names) [GRADMQ_TENSOR_NAME_BYTES_MAX + 1] = calloc (GRADMQ_TENSORS_MAX, sizeof *names);
    gradmq_coordinator_tensor_t *tensors = calloc (GRADMQ_TENSORS_MAX, sizeof *tensors);
    float *values = calloc (GRADMQ_TENSORS_MAX, sizeof *values);
    const uint64_t ones [GRADMQ_RANK_MAX] = {1, 1, 1, 1, 1, 1, 1, 1};
    for (uint32_t i = 0; i < GRADMQ_TENSORS_MAX; i++) {
        snprintf (names [i], sizeof names [i], "%0128u", i);
        tensors [i] = (gradmq_coordinator_tensor_t){names [i], GRADMQ_RANK_MAX, ones};
    }
    gradmq_reason_t why = {0};
    gradmq_err_t err = gradmq_coordinator_set_model_parameters (
        peer->coordinator, tensors, GRADMQ_TENSORS_MAX, GRADMQ_DTYPE_F32, values,
        GRADMQ_TENSORS_MAX * sizeof *values, false, NULL, NULL, &why);
    gradmq_request_t request = {.command = GRADMQ_COMMAND_DESCRIBE};
    assert_int_equal (peer_request (peer, &request, NULL, 0), GRADMQ_OK);
    s_assert_within_limit (peer);
    assert_int_equal (err, GRADMQ_ERR_TOO_LARGE);
    free (names);
    free (tensors);
    free (values);
    peer_destroy (&peer);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_list_workers_of_much_metrics_is_cut_into_pages),
        cmocka_unit_test (
            test_describe_of_the_largest_layout_is_within_the_limit_or_was_not_loaded),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
