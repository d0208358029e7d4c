#!/usr/bin/env bash
# Workers that come, push, and leave or die at any point, by kill -9 too. The coordinator always answers
# and goes on making steps, it does not grow, and what its workers were told is in the parameters, once;
# of what the dead never heard of, once or not at all.
#
#   GRADMQ_CHURN_WORKERS   how many at a time, default 8
#   GRADMQ_CHURN_SECONDS   for how long new ones come, default 6
#   GRADMQ_SEED            of their choices
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh
need program.marker
export GRADMQ_BIN GRADMQ_BUILD

workers=${GRADMQ_CHURN_WORKERS:-8}
seconds=${GRADMQ_CHURN_SECONDS:-6}
# KiB, from the rest after the first third of the time to the rest at the end. In a short run that which
# is remembered up to a bound (answers, the departed) still fills up.
grown_most=$((seconds < 60 ? 4096 : 2048))

zeros "$scratch/model.safetensors" 32768 F64
start_daemon --set log/level=debug --set settings/lease_ms=2000 --set settings/publish_min_interval_ms=1000 \
    --set "model/load=$scratch/model.safetensors" --set model/start=true
mkdir "$scratch/lives"

# churn SECONDS
churn () {
    run python3 tests/integration/fixture/churn.py "$control" "$workers" "$1" "$scratch/lives" \
        < /dev/null > "$scratch/churn.log" 2>&1
    wait $! || fail "the churn stops"
    cat "$scratch/churn.log"
    soon holds 'd["members"] == 0 and d["queued_gradients"] == 0'
}

# What is free has been given back to the system since the last gradient.
rest () {
    local number before
    number=$(find "$scratch/lives" -type f | wc -l)
    before=$(times_given_back)
    "$GRADMQ_BUILD/tests/program.marker" "$control" last $((number * 26)) 26 1 0 close \
        > "$scratch/lives/$number.log" 2>&1 < /dev/null || fail "the last worker fails"
    soon given_back "$before"
    soon holds 'd["members"] == 0'
}

churn $((seconds / 3))
rest
warm=$(resident VmRSS)
churn $((seconds - seconds / 3))
rest
grown=$(($(resident VmRSS) - warm))
echo "$warm KiB when warm, $grown more at the end"
[ -n "$GRADMQ_SANITIZE" ] || [ "$grown" -le "$grown_most" ] || fail "it has grown"

gradmq save "$scratch/final.safetensors" --quiet || fail "the parameters cannot be saved"
gradmq status --json > "$scratch/status.json" || fail "no status"
python3 tests/integration/fixture/books.py "$scratch"/lives/*.log "$scratch/final.safetensors" "$scratch/status.json" \
    > "$scratch/books.log" 2>&1 || fail "the books do not balance"
cat "$scratch/books.log"
stop_daemon
