#!/usr/bin/env bash
# The promise: on a disk that is full gradmqd ends with status 74 and says that there is no space, having told
# nobody of anything that is not kept; with space again it goes on, and every gradient is applied once.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh
need program.marker

# A disk of its own, which only this test's processes see.
if [ "${1:-}" != mounted ]; then
    unshare -m true 2> /dev/null || { echo "a small disk cannot be mounted: no permission"; exit 77; }
    exec unshare -m bash "$0" mounted
fi
mkdir "$scratch/state" "$scratch/lives"
mount -t tmpfs -o size=384k tmpfs "$scratch/state" 2> /dev/null || { echo "a small disk cannot be mounted"; exit 77; }
trap 'umount --lazy "$scratch/state"; finish' EXIT

control=ipc://$scratch/control gradients=ipc://$scratch/gradients
updates=ipc://$scratch/updates events=ipc://$scratch/events
workers=2 numbers=520
zeros "$scratch/model.safetensors" $((workers * numbers / 26)) F64
settings=(--set heartbeat_ms=50 --set "state/directory=$scratch/state" --set settings/durability=journal
    --set settings/checkpoint_interval_ms=0 --set "model/load=$scratch/model.safetensors" --set model/start=true)
start_daemon "${settings[@]}"
lives=()
for ((i = 0; i < workers; i++)); do
    "$GRADMQ_BUILD/tests/program.marker" "$control" "w$i" $((i * numbers)) $numbers $((i + 1)) 20 close \
        > "$scratch/lives/$i.log" 2>&1 < /dev/null &
    lives+=($!)
    started+=($!)
done
soon holds 'd["position"]["version"] > 20'

# Somebody else fills the disk, all but a few pages.
dd if=/dev/zero of="$scratch/state/other" bs=4k 2> /dev/null
soon ended "$daemon"
ends 74 "$daemon"
grep -q 'the journal cannot be written, so this process ends: .*No space left' "$scratch/gradmqd.log" || fail "it does not say why"

# Still full: it does not start, and says so, and loses nothing.
: > "$scratch/gradmqd.log"
run "$GRADMQ_BIN/gradmqd" --set "sockets/control=$control" "${settings[@]}" < /dev/null > /dev/null 2> "$scratch/gradmqd.log"
daemon=$!
soon ended "$daemon"
wait "$daemon" && fail "it ends with 0 on a full disk"
grep -q 'error.*No space left' "$scratch/gradmqd.log" || fail "it does not say why it does not start"

rm "$scratch/state/other"
start_daemon "${settings[@]}"
for process in "${lives[@]}"; do
    wait "$process" || fail "a worker fails"
done
gradmq save "$scratch/final.safetensors" --quiet || fail "the parameters cannot be saved"
gradmq status --json > "$scratch/status.json" || fail "no status"
python3 tests/integration/fixture/books.py --restarted "$scratch"/lives/*.log "$scratch/final.safetensors" \
    "$scratch/status.json" > "$scratch/books.log" 2>&1 || fail "the books do not balance"
cat "$scratch/books.log"
stop_daemon
