#!/usr/bin/env bash
# Everything at once, for long: workers that come, push, leave or die, and a daemon that is killed every
# few seconds and goes on from its journal while checkpoints are written. Nothing that a worker was told is
# lost or there twice, and neither the memory of the daemon nor its folder grows.
#
#   GRADMQ_SOAK_SECONDS   for how long new workers come, default 8
#   GRADMQ_SEED           of the choices
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh
need program.marker
export GRADMQ_BIN GRADMQ_BUILD

seconds=${GRADMQ_SOAK_SECONDS:-8}
RANDOM=${GRADMQ_SEED:-1}
echo "seed ${GRADMQ_SEED:-1}"
workers=8

mkdir "$scratch/state" "$scratch/lives"
control=ipc://$scratch/control gradients=ipc://$scratch/gradients
updates=ipc://$scratch/updates events=ipc://$scratch/events
zeros "$scratch/model.safetensors" $((seconds * 8 + 400)) F64
settings=(--set heartbeat_ms=200 --set "state/directory=$scratch/state" --set settings/lease_ms=2000
    --set settings/durability=journal --set settings/checkpoint_every=30 --set settings/checkpoint_interval_ms=1000
    --set "model/load=$scratch/model.safetensors" --set model/start=true)

start_daemon "${settings[@]}"
run python3 tests/integration/fixture/churn.py --restarts "$control" $workers "$seconds" "$scratch/lives" \
    < /dev/null > "$scratch/churn.log" 2>&1
churn=$!
: > "$scratch/sizes"
kills=0
until ended "$churn"; do
    sleep "$((1 + RANDOM % 3)).$((RANDOM % 10))"
    ended "$daemon" && fail "the daemon has ended by itself"
    # A checkpoint that is being written changes its name while du looks.
    echo "$(resident VmRSS) $(du -sk "$scratch/state" 2> /dev/null | cut -f 1)" >> "$scratch/sizes"
    [ $((SECONDS)) -lt $((seconds + 1)) ] || continue  # the last workers finish with one that stays
    kill -KILL "$daemon"
    wait "$daemon" 2> /dev/null
    kills=$((kills + 1))
    start_daemon "${settings[@]}"
    grep -q 'resumed model' "$scratch/gradmqd.log" || fail "it does not resume"
done
wait "$churn" || fail "the churn stops"
cat "$scratch/churn.log"
soon holds 'd["queued_gradients"] == 0'

gradmq save "$scratch/final.safetensors" --quiet || fail "the parameters cannot be saved"
gradmq status --json > "$scratch/status.json" || fail "no status"
python3 tests/integration/fixture/books.py --restarted "$scratch"/lives/*.log "$scratch/final.safetensors" \
    "$scratch/status.json" > "$scratch/books.log" 2>&1 || fail "the books do not balance"
cat "$scratch/books.log"

# A third of the looks at the beginning against a third at the end, each by its middle. A sanitizer's own
# memory grows.
python3 - "$scratch/sizes" "$GRADMQ_SANITIZE" << 'PYTHON' || fail "it grows"
import statistics, sys
looks = [tuple(map(int, line.split())) for line in open(sys.argv[1])]
third = max(1, len(looks) // 3)
for name, column, more in (("memory", 0, 4096), ("folder", 1, 1024)):
    first, last = (statistics.median(look[column] for look in part) for part in (looks[:third], looks[-third:]))
    print(f"{name}: {first:.0f} KiB at first, {last:.0f} KiB at last, in {len(looks)} looks")
    assert last <= first + more or name == "memory" and sys.argv[2], name
PYTHON
echo "$kills kills"
stop_daemon
