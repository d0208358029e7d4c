#!/usr/bin/env bash
# The promise: whatever call on the disk fails, and whenever, a worker was told of nothing that is lost. A
# journal that cannot be written or brought to the disk ends gradmqd with status 74, and it says so; a
# checkpoint that cannot leaves it running, and it says so. Started again, it has all that was told, once.
#
#   GRADMQ_FAULTS_LONG=true   every call, up to where none fails any more; else some of them
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh
need program.marker
fault=$GRADMQ_BUILD/tests/program.fault.so
[ -e "$fault" ] || { echo "program.fault.so is not there: no build with sanitizers has it"; exit 77; }

control=ipc://$scratch/control gradients=ipc://$scratch/gradients
updates=ipc://$scratch/updates events=ipc://$scratch/events
workers=2 numbers=78
zeros "$scratch/model.safetensors" $((workers * numbers / 26)) F64
settings=(--set heartbeat_ms=50 --set "state/directory=$scratch/state" --set settings/durability=journal
    --set settings/checkpoint_every=30 --set settings/checkpoint_keep=2
    --set "model/load=$scratch/model.safetensors" --set model/start=true)

# start_faulty FAULT: it may end before it is ready.
start_faulty () {
    : > "$scratch/gradmqd.log"
    run env LD_PRELOAD="$fault" GRADMQ_FAULT="$1" "$GRADMQ_BIN/gradmqd" --set "sockets/control=$control" \
        --set "sockets/gradients=$gradients" --set "sockets/updates=$updates" --set "sockets/events=$events" \
        "${settings[@]}" < /dev/null > /dev/null 2> "$scratch/gradmqd.log"
    daemon=$!
    soon ready
}

# All workers have ended, or the daemon has.
over () {
    local process
    ended "$daemon" && return
    for process in "${lives[@]}"; do
        ended "$process" || return
    done
}

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
    grep -q '^fault: ' "$scratch/gradmqd.log" || return 0
    grep -q 'checkpoint [0-9]* failed: .*cannot' "$scratch/gradmqd.log" || fail "$1: it goes on and does not say what failed"
    kill -KILL "$daemon"
    wait "$daemon" 2> /dev/null
}

# Whoever was not told that it is ready has to say again that it shall start.
start_again () {
    local known=true
    grep -q 'ready: ' "$scratch/gradmqd.log" || known=false
    start_daemon "${settings[@]}"
    $known || gradmq start --quiet 2> /dev/null
    holds 'd["state"] == "RUNNING"' || fail "it does not run"
}

# One life of gradmqd with a fault, and one without. The last line of what it says is whether it struck.
#   strike FAULT
strike () {
    local i
    rm -rf "$scratch/state" "$scratch/lives"
    mkdir "$scratch/state" "$scratch/lives"
    lives=()
    start_faulty "$1"
    for ((i = 0; i < workers; i++)); do
        "$GRADMQ_BUILD/tests/program.marker" "$control" "w$i" $((i * numbers)) $numbers $((i + 1)) 8 close \
            > "$scratch/lives/$i.log" 2>&1 < /dev/null &
        lives+=($!)
        started+=($!)
    done
    soon over
    struck=false
    if grep -q '^fault: ' "$scratch/gradmqd.log"; then struck=true; fi
    if ended "$daemon"; then look_at_end "$1"; else look_at_life "$1"; fi
    if ended "$daemon"; then start_again; fi
    for i in "${lives[@]}"; do
        wait "$i" || fail "$1: a worker fails"
    done
    gradmq save "$scratch/final.safetensors" --quiet || fail "$1: the parameters cannot be saved"
    gradmq status --json > "$scratch/status.json" || fail "$1: no status"
    python3 tests/integration/fixture/books.py --restarted "$scratch"/lives/*.log "$scratch/final.safetensors" \
        "$scratch/status.json" > "$scratch/books.log" 2>&1 || fail "$1: the books do not balance"
    kill -KILL "$daemon"
    wait "$daemon" 2> /dev/null
}

# What is called on what: the journal, a checkpoint under the name that it is written by, and by the last one any
# file of the state or its folder.
calls=(write:/journal- fdatasync:/journal- write:/state/.gradmq- fsync:/state/.gradmq- rename:/checkpoint- fsync:/state)
errors=(EIO ENOSPC)
strikes=0
for call in "${calls[@]}"; do
    if [ "${GRADMQ_FAULTS_LONG:-}" = true ]; then
        struck=true
        for ((n = 1; n < 2000; n++)); do
            strike "$call:$n:${errors[n % 2]}"
            $struck || break
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
        $struck || fail "$call has no number $n"
        strikes=$((strikes + 1))
    done
done
echo "$strikes faults"
