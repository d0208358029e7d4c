#!/usr/bin/env bash
# The promise: whichever allocation of gradmqd fails, and whenever, it does not crash. It ends by itself and says that
# there was no memory, or it goes on; started again it has all that was told, once. Workers notice no more than a
# pause, or are told that a step was left out: SKIPPED, MEMORY.
#
#   GRADMQ_TEST_LONG=true   every allocation, up to where none fails any more; else some of them
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh
# shellcheck source=tests/faults/fixture/lives.sh
. tests/faults/fixture/lives.sh
need_library memory

strike () {
    new_state 52
    settings+=(--set settings/checkpoint_every=30)
    start_faulty LD_PRELOAD="$library" GRADMQ_FAULT_MEMORY="$1"
    start_lives 4
    soon over
    hit=false
    if struck; then hit=true; fi
    if ended "$daemon"; then look_at_end "$1"; else die; fi
    start_again
    balance "$1" --memory
    die
}

strikes=0
step=29
[ "${GRADMQ_TEST_LONG:-}" != true ] || step=1
for ((n = 1; n < 5000; n += step)); do
    strike "$n"
    $hit || break
    strikes=$((strikes + 1))
done
[ "$strikes" -ge 10 ] || fail "only $strikes allocations failed"
echo "$strikes allocations"
