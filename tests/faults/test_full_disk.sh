#!/usr/bin/env bash
# The promise: on a disk that is full gradmqd ends with status 74 and says that there is no space, having told
# nobody of anything that is not kept; with space again it goes on, and every gradient is applied once.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh

# A disk of its own, which only this test's processes see.
if [ "${1:-}" != mounted ]; then
    unshare -m true 2> /dev/null || { echo "a small disk cannot be mounted: no permission"; exit 78; }
    exec unshare -m bash "$0" mounted
fi
# shellcheck source=tests/faults/fixture/lives.sh
. tests/faults/fixture/lives.sh
mkdir "$scratch/state"
mount -t tmpfs -o size=384k tmpfs "$scratch/state" 2> /dev/null || { echo "a small disk cannot be mounted"; exit 78; }
trap 'umount --lazy "$scratch/state"; finish' EXIT

new_state 520
settings+=(--set settings/checkpoint_interval_ms=0)
start_daemon "${settings[@]}"
start_lives 20
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
balance "a full disk"
cat "$scratch/books.log"
stop_daemon
