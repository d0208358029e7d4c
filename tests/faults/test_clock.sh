#!/usr/bin/env bash
# The promise: whatever the clock of the day says, an hour less at each look or at each start a day less, epochs
# and incarnations only grow, and members and gradients are none the worse for it.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh
# shellcheck source=tests/faults/fixture/lives.sh
. tests/faults/fixture/lives.sh
need_library fault

mkdir "$scratch/state"
zeros "$scratch/model.safetensors" 400
settings=(--set heartbeat_ms=50 --set "state/directory=$scratch/state" --set settings/durability=checkpoint
    --set "model/load=$scratch/model.safetensors" --set model/start=true)

# start_at STEP: seconds that the clock goes from one reading to the next.
start_at () {
    export LD_PRELOAD=$library GRADMQ_FAULT_CLOCK=$1
    start_daemon "${settings[@]}"
    unset LD_PRELOAD GRADMQ_FAULT_CLOCK
}

# greater WHAT NEW OLD
greater () {
    [ "$2" -gt "$3" ] || fail "$1 was $3 and is $2"
}

epoch=0 incarnation=0 first=0
# One start, a worker of the same name, one that is not known yet, and a new epoch.
live () {
    local now name
    start_at "$1"
    now=$(status 'd["position"]["epoch"]')
    greater "the epoch" "$now" "$epoch"
    epoch=$now
    for name in same same "other$first"; do
        open_worker "$name"
        ask "$name" push "$first" 5
        ask "$name" flush 60000
        now=$(number "$name" incarnation)
        if [ "$name" = same ]; then
            greater "the incarnation" "$now" "$incarnation"
            incarnation=$now
        fi
        first=$((first + 5))
        ask "$name" close 60000
    done
    parameters "p == [-1] * $first + [0] * (400 - $first)"
    holds 'c["refused"] == 0' || fail "something was refused"
    gradmq clear --new-epoch --quiet || fail "clear is refused"
    now=$(status 'd["position"]["epoch"]')
    greater "the epoch" "$now" "$epoch"
    epoch=$now
    stop_daemon
}
live 0
live -3600
live -86400
live 86400
live -86400
live 0
