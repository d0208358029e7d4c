#!/usr/bin/env bash
# The promise: whichever allocation fails while a checkpoint is put in force, all of it is in force or nothing. The
# command says which; where gradmqd ends instead, it is one of the two. The optimizer's state belongs to it: the next
# gradient comes to the same parameters as if nothing had failed. Started again, gradmqd has the same.
#
#   GRADMQ_TEST_LONG=true   every allocation of a restore; else some of them
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh
# shellcheck source=tests/faults/fixture/lives.sh
. tests/faults/fixture/lives.sh
need_library memory

# gradient FILE VALUE: for the model of zeros.
gradient () {
    zeros "$scratch/$1" 8 F64
    python3 -c 'import struct, sys
raw = open(sys.argv[1], "rb").read()
open(sys.argv[1], "wb").write(raw[:-64] + struct.pack("<8d", *[float(sys.argv[2])] * 8))' "$scratch/$1" "$2"
}

push () {
    gradmq push "$scratch/$1" --worker one --quiet || fail "a gradient is not applied"
}

# now: the parameters, as digits.
now () {
    gradmq save "$scratch/now.safetensors" --quiet || fail "the parameters cannot be saved"
    tail -c 64 "$scratch/now.safetensors" | od -An -v -tx1 | tr -d ' \n'
}

restart () {
    die
    start_daemon "${settings[@]}"
}

# A folder whose checkpoint is one gradient behind, of an optimizer that has state; each strike has a copy of it.
settings=(--set heartbeat_ms=50 --set "state/directory=$scratch/state" --set settings/durability=journal)
mkdir "$scratch/state"
zeros "$scratch/model.safetensors" 8 F64
gradient first.safetensors 1
gradient second.safetensors 0.25
gradient third.safetensors 0.125
start_daemon "${settings[@]}" --set "model/load=$scratch/model.safetensors" --set model/start=true \
    --set settings/optimizer=momentum --set settings/momentum=0.5 --set settings/learning_rate=1
push first.safetensors
gradmq checkpoint > /dev/null || fail "no checkpoint"
checkpoint=$(basename "$(printf '%s\n' "$scratch"/state/checkpoint-* | tail -n 1)")
push second.safetensors
die
cp -r "$scratch/state" "$scratch/folder"

# open_folder NAME=VALUE ...: gradmqd runs in a copy of it.
open_folder () {
    rm -rf "$scratch/state"
    cp -r "$scratch/folder" "$scratch/state"
    start_faulty "$@"
}

# The two ways it can end, and what the next gradient makes of each.
declare -A parameters next
open_folder
parameters[kept]=$(now)
push third.safetensors
next[kept]=$(now)
restart
gradmq restore "$checkpoint" > /dev/null || fail "it cannot be restored"
parameters[restored]=$(now)
push third.safetensors
next[restored]=$(now)
die
[ "$(printf '%s\n' "${parameters[@]}" "${next[@]}" | sort -u | wc -l)" = 4 ] || fail "they cannot be told apart"

# outcome: kept or restored, by the parameters.
outcome () {
    local found one
    found=$(now)
    for one in kept restored; do
        [ "$found" = "${parameters[$one]}" ] && { echo $one; return; }
    done
    echo "neither"
}

# in_force WORDS OUTCOME: it is, and goes on as it.
in_force () {
    [ "$(outcome)" = "$2" ] || fail "$1: $2, but the parameters are $(outcome)"
    push third.safetensors
    [ "$(now)" = "${next[$2]}" ] || fail "$1: $2, but the next step is wrong"
    restart
    [ "$(now)" = "${next[$2]}" ] || fail "$1: $2, but started again it has something else"
}

# The allocation of that number fails, counted from where a checkpoint is restored.
strike () {
    local status=0
    open_folder LD_PRELOAD="$library" GRADMQ_FAULT_MEMORY="$1" GRADMQ_FAULT_MEMORY_WAITS=1
    kill -RTMIN "$daemon"
    gradmq restore "$checkpoint" > "$scratch/restore.log" 2>&1 || status=$?
    hit=false
    if struck; then hit=true; fi
    gradmq checkpoint > /dev/null 2>&1  #  the one that follows a restore is over then, and whatever struck there
    result=
    if [ "$status" = 0 ]; then
        result=restored
    elif ! ended "$daemon"; then
        grep -q MEMORY "$scratch/restore.log" || fail "$1: it does not say why it is refused"
        result=kept
        refusals=$((refusals + 1))
    fi
    if ended "$daemon"; then
        look_at_end "$1"
        start_daemon "${settings[@]}"
        ends=$((ends + 1))
    fi
    [ -n "$result" ] || result=$(outcome)
    in_force "$1" "$result"
    die
}

strikes=0 refusals=0 ends=0
step=5
[ "${GRADMQ_TEST_LONG:-}" != true ] || step=1
for ((n = 1; n < 1000; n += step)); do
    strike "$n"
    $hit || break
    strikes=$((strikes + 1))
done
[ "$refusals" -ge 2 ] || fail "only $refusals of $strikes allocations that failed had the restore refused"
echo "$strikes allocations: $refusals refused, $ends ended gradmqd"
