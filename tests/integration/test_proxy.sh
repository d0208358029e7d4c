#!/usr/bin/env bash
# A bad network between workers and coordinator: a fifth of all messages is lost, a fifth comes twice,
# half of them late and overtaken by up to fifty others, connections break. Each gradient is applied
# once or not at all, and its worker is told which: its mark in the parameters says how often.
#
#   GRADMQ_SEEDS   seeds to try side by side, default "1 2 3"
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh
need program.proxy program.marker

workers=4
count=78  # gradients a worker; three elements of 26 marks
all=$scratch
source=$PWD
declare -A daemons proxies lives

# Names are the same in two folders: the coordinator's sockets in "far", the proxy's in "near". Describe
# names them without a folder, so each client reaches the proxy of the folder that it runs in.
set_out () {
    scratch=$all/$1
    mkdir -p "$scratch/far" "$scratch/near"
    control=ipc://control gradients=ipc://gradients updates=ipc://updates events=ipc://events
    zeros "$scratch/model.safetensors" $((workers * count / 26)) F64
    cd "$scratch/far" || fail "no folder"
    # A short lease, so that some run out and their workers join again.
    start_daemon --set heartbeat_ms=100 --set "settings/lease_ms=$2" \
        --set "model/load=$scratch/model.safetensors"
    daemons[$1]=$daemon
    cd "$scratch/near" || fail "no folder"
    run "$GRADMQ_BUILD/tests/program.proxy" "$scratch/far" "$1" 20 20 50 < /dev/null > "$scratch/proxy.log" 2>&1
    proxies[$1]=$!
    soon grep -q '^ready' "$scratch/proxy.log"
    local i
    for i in $(seq 0 $((workers - 1))); do
        run "$GRADMQ_BUILD/tests/program.marker" ipc://control "w$i" $((i * count)) "$count" \
            $(($1 * 100 + i)) 20 close < /dev/null > "$scratch/w$i.log" 2>&1
        lives[$1]+=" $!"
    done
    cd "$source" || fail "no folder"
}

return_to () {
    scratch=$all/$1
    control=ipc://$scratch/far/control
    daemon=${daemons[$1]}
}

# Some of what came is discarded before anything is applied.
begin () {
    return_to "$1"
    soon holds 'd["queued_gradients"] >= 20'
    gradmq clear --quiet || fail "clear is refused"
    gradmq start --quiet || fail "start is refused"
}

account () {
    return_to "$1"
    local life lane
    for life in ${lives[$1]}; do
        wait "$life" || fail "seed $1: a worker fails"
    done
    # Nothing is behind what the workers know: they have left, so what still is on its way is turned away.
    kill -TERM "${proxies[$1]}"
    ends 0 "${proxies[$1]}"
    gradmq save "$scratch/final.safetensors" --quiet || fail "the parameters cannot be saved"
    gradmq status --json > "$scratch/status.json" || fail "no status"
    python3 tests/integration/fixture/books.py "$scratch"/w*.log "$scratch/final.safetensors" \
        "$scratch/status.json" > "$scratch/books.log" 2>&1 || fail "seed $1: the books do not balance"
    echo "seed $1: $(cat "$scratch/books.log")"
    for lane in requests replies gradients events; do
        grep -qE "^$lane: [0-9]+ came, [1-9][0-9]* lost, [1-9][0-9]* doubled, [1-9][0-9]* late" "$scratch/proxy.log" \
            || fail "seed $1: nothing happens to $lane"
    done
    grep -q 'broken [1-9]' "$scratch/proxy.log" || fail "seed $1: no connection breaks"
    stop_daemon
}

leases=(30000 1000)
for seed in ${GRADMQ_SEEDS:-1 2 3}; do
    set_out "$seed" "${leases[seed % 2]}"
done
for seed in ${GRADMQ_SEEDS:-1 2 3}; do
    begin "$seed"
done
for seed in ${GRADMQ_SEEDS:-1 2 3}; do
    account "$seed"
done
scratch=$all
