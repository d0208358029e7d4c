#!/usr/bin/env bash
# A subscriber that stands still while a large model is trained: what it has not read pins a bounded
# number of versions, and the others get updates as if it were not there.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh

model_kib=32768
pinned=4  # as many of this size; of a small model as many as fit into 32 MiB
if [ "$GRADMQ_SANITIZE" = thread ]; then  # which takes seconds for a step of a large model
    model_kib=4096
    pinned=8
fi
zeros "$scratch/model.safetensors" $((model_kib * 256))
start_daemon --set heartbeat_ms=100 --set "settings/pinned_snapshots=$pinned" \
    --set "model/load=$scratch/model.safetensors" --set model/start=true
open_listener slow
open_listener well
open_worker worker

count () {
    grep -c '^update ' "$scratch/$1.log" || true
}
got () {
    [ "$(count "$1")" -ge "$2" ]
}

ask worker push 0 1
ask worker flush 60000
soon got slow 1
soon got well 1
stand_still "${process[slow]}"
stood=$(count slow)
most=0
for first in $(seq 1 30); do
    before=$(count well)
    ask worker push "$first" 1
    ask worker flush 60000
    soon got well $((before + 1))
    now=$(resident VmRSS)
    [ "$now" -le "$most" ] || most=$now
done
[ "$(count slow)" = "$stood" ] || fail "the slow one was not stopped"
# The model and its spare, what readers may pin, the gradient that is on its way, and 32 MiB.
bound=$((model_kib * (2 + pinned + 1) + 32 * 1024))
echo "at most $((most / 1024)) MiB of $((bound / 1024)), $(count well) updates"
[ -n "$GRADMQ_SANITIZE" ] || [ "$most" -le "$bound" ] || fail "it grew beyond that"
holds "d['snapshots_pinned'] <= $pinned and c['applied'] == 31" || fail "too many versions are pinned"

# Going on, it reads what was kept for it, which is let go, and is served like the others. It may
# have to connect again first: on a slow machine it stood still for longer than a connection lives.
served () {
    ask worker push 31 1
    ask worker flush 60000
    awk -F '[= ]' '/^update / && $3 > 31 {found = 1} END {exit !found}' "$scratch/slow.log"
}
kill -CONT "${process[slow]}"
soon holds 'd["snapshots_pinned"] <= 1'
soon served
ask worker close 60000
parameters 'p[:31] == [-1] * 31 and p[31] < 0 and p.count(0) == len(p) - 32'
stop_daemon
ends 0 "${process[slow]}"
ends 0 "${process[well]}"
