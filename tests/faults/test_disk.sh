#!/usr/bin/env bash
# The promise: whatever call on the disk fails, and whenever, a worker was told of nothing that is lost. A
# journal that cannot be written or brought to the disk ends gradmqd with status 74, and it says so; a
# checkpoint that cannot leaves it running, and it says so. Started again, it has all that was told, once.
#
#   GRADMQ_TEST_LONG=true   every call, up to where none fails any more; else some of them
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh
# shellcheck source=tests/faults/fixture/lives.sh
. tests/faults/fixture/lives.sh
need_library fault

# It ended, and the fault was one that it may end of: in the journal, or before it was ready.
look_at_end () {
    local status=0 log=$scratch/gradmqd.log
    wait "$daemon" || status=$?
    if grep -q 'ready: ' "$log"; then
        [ "$status" = 74 ] || fail "$1: it ends with $status, not 74"
        grep -q 'the journal cannot be written, so this process ends: .*cannot' "$log" || fail "$1: it does not say why"
    else
        [ "$status" != 0 ] || fail "$1: it ends with 0"
        grep -q 'error.*cannot' "$log" || fail "$1: it does not say why it does not start"
    fi
}

# It goes on: the fault was in a checkpoint, and it says so. Then it dies, as it may any time.
look_at_life () {
    struck || return 0
    soon grep -q 'checkpoint [0-9]* failed: .*cannot' "$scratch/gradmqd.log"
    die
}

# One life of gradmqd with a fault, and one without.
#   strike FAULT
strike () {
    new_state 78
    settings+=(--set settings/checkpoint_every=30 --set settings/checkpoint_keep=2)
    start_faulty LD_PRELOAD="$library" GRADMQ_FAULT="$1"
    start_lives 8
    soon over
    hit=false
    if struck; then hit=true; fi
    if ended "$daemon"; then look_at_end "$1"; else look_at_life "$1"; fi
    if ended "$daemon"; then start_again; fi
    balance "$1"
    die
}

# What is called on what: the journal, a checkpoint under the name that it is written by, and by the last one any
# file of the state or its folder.
calls=(write:/journal- fdatasync:/journal- write:/state/.gradmq- fsync:/state/.gradmq- rename:/checkpoint- fsync:/state)
errors=(EIO ENOSPC)
strikes=0
for call in "${calls[@]}"; do
    if [ "${GRADMQ_TEST_LONG:-}" = true ]; then
        hit=true
        for ((n = 1; n < 2000; n++)); do
            strike "$call:$n:${errors[n % 2]}"
            $hit || break
            strikes=$((strikes + 1))
        done
        continue
    fi
    case $call in
        *journal-) places=(1 2 3 8 21) ;;
        *) places=(1 3) ;;
    esac
    for n in "${places[@]}"; do
        strike "$call:$n:${errors[strikes % 2]}"
        $hit || fail "$call has no number $n"
        strikes=$((strikes + 1))
    done
done
echo "$strikes faults"
