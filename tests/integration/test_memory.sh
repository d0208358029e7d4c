#!/usr/bin/env bash
# The memory of gradmqd at rest, after some steps of a model of 25,000,000 parameters: the model, the
# optimizer's state, one spare buffer, and 16 MiB.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh
[ -z "$GRADMQ_SANITIZE" ] || { echo "a sanitizer's own memory would be counted"; exit 77; }
awk '$1 == "MemAvailable:" {exit $2 < 2 * 1024 * 1024}' /proc/meminfo || { echo "less than 2 GiB are free"; exit 77; }

elements=25000000
model_kib=$((elements * 4 / 1024))
zeros "$scratch/model.safetensors" "$elements"

# at_most STATES WHEN: soon, once it rests; models of state beside the model and its spare.
within () {
    [ "$(resident VmRSS)" -le "$1" ]
}
at_most () {
    local busy most=$((model_kib * (2 + $1) + 16 * 1024))
    busy=$(resident VmRSS)
    soon within "$most"
    echo "$2: $((busy / 1024)) MiB, then $(($(resident VmRSS) / 1024)) of $((most / 1024))"
}

# steps OPTIMIZER STATES: load at start, then over the network, steps after each.
steps () {
    start_daemon --set "settings/optimizer=$1" --set "model/load=$scratch/model.safetensors" --set model/start=true
    at_most "$2" "$1, loaded at start"
    open_worker worker
    ask worker push 0 10
    ask worker close 60000
    ends 0 "${process[worker]}"
    holds 'c["applied"] == 10' || fail "not ten steps"
    gradmq load "$scratch/model.safetensors" --quiet || fail "the model cannot be loaded again"
    open_worker worker
    ask worker push 0 3
    ask worker close 60000
    ends 0 "${process[worker]}"
    gradmq save "$scratch/saved.safetensors" --quiet || fail "the model cannot be saved"
    at_most "$2" "$1, loaded over the network, stepped and saved"
    stop_daemon
}
steps sgd 0
steps adam 2
