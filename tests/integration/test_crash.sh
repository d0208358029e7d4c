#!/usr/bin/env bash
# gradmqd is killed again and again, at the places that it names itself and at any other moment, and goes
# on from its journal. Its workers notice no more than a pause. In the end each gradient that one of them
# was told is applied is in the parameters once, every other one not at all, and no version was lost or
# made twice.
#
#   GRADMQ_CRASH_KILLS   how many times, default 6
#   GRADMQ_SEED          of the choices
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh
need program.marker

kills=${GRADMQ_CRASH_KILLS:-6}
RANDOM=${GRADMQ_SEED:-1}
echo "seed ${GRADMQ_SEED:-1}"
workers=4
numbers=104  # of one life: four elements
places=(journal-before-commit journal-after-commit journal-between journal-begun
    checkpoint-before-write checkpoint-after-write checkpoint-after-prune)

mkdir "$scratch/state" "$scratch/lives"
control=ipc://$scratch/control gradients=ipc://$scratch/gradients
updates=ipc://$scratch/updates events=ipc://$scratch/events
zeros "$scratch/model.safetensors" $(((kills + 8) * workers * 16)) F64
settings=(--set heartbeat_ms=100 --set "state/directory=$scratch/state"
    --set settings/durability=journal --set settings/checkpoint_every=40
    --set settings/checkpoint_keep=2 --set "model/load=$scratch/model.safetensors" --set model/start=true)

life=0
lives=()  # the process of each place
keep_working () {
    local i
    for ((i = 0; i < workers; i++)); do
        if [ -n "${lives[i]:-}" ] && ! ended "${lives[i]}"; then continue; fi
        "$GRADMQ_BUILD/tests/program.marker" "$control" "w$life" $((life * numbers)) $numbers $((life + 1)) 60 close \
            > "$scratch/lives/$life.log" 2>&1 < /dev/null &
        lives[i]=$!
        life=$((life + 1))
    done
}

# The daemon dies by itself at PLACE when it passes there for the N-th time; where it does not within
# some seconds, and where there is no PLACE, it is killed.
#   die_at PLACE N
die_at () {
    local since=$SECONDS
    while [ -n "$1" ] && [ $((SECONDS - since)) -lt 5 ] && ! ended "$daemon"; do
        keep_working
        sleep 0.02
    done
    if [ -n "$1" ] && ended "$daemon"; then at_place=$((at_place + 1)); fi
    kill -KILL "$daemon" 2> /dev/null
    wait "$daemon" 2> /dev/null
    ended "$daemon" || fail "it does not die"
}

# What is left of the last run is read again: it starts, or the test ends here.
restart () {
    start_daemon "${settings[@]}"
    keep_working
}

at_place=0
start_daemon "${settings[@]}"
stop_daemon
for ((kill = 0; kill < kills; kill++)); do
    if [ $((kill % 2)) = 0 ]; then
        place=${places[kill / 2 % ${#places[@]}]}
        case $place in
            *commit) times=$((1 + RANDOM % 30)) ;;
            *) times=$((1 + RANDOM % 3)) ;;
        esac
        export GRADMQ_FAILPOINT=$place:$times
    else
        place=
        unset GRADMQ_FAILPOINT
    fi
    # It may die before it is ready.
    : > "$scratch/gradmqd.log"
    run "$GRADMQ_BIN/gradmqd" --set "sockets/control=$control" --set "sockets/gradients=$gradients" \
        --set "sockets/updates=$updates" --set "sockets/events=$events" "${settings[@]}" \
        < /dev/null > /dev/null 2> "$scratch/gradmqd.log"
    daemon=$!
    unset GRADMQ_FAILPOINT
    soon ready
    ended "$daemon" || grep -q 'resumed model' "$scratch/gradmqd.log" || fail "it does not resume"
    if ended "$daemon" && grep -q 'error' "$scratch/gradmqd.log"; then fail "it does not start"; fi
    keep_working
    if [ -z "$place" ]; then sleep "0.$((RANDOM % 9))$((RANDOM % 10))"; fi
    die_at "$place"
done
restart
for process in "${lives[@]}"; do
    wait "$process" || fail "a worker fails"
done
soon holds 'd["queued_gradients"] == 0'

gradmq save "$scratch/final.safetensors" --quiet || fail "the parameters cannot be saved"
gradmq status --json > "$scratch/status.json" || fail "no status"
python3 tests/integration/fixture/books.py --restarted "$scratch"/lives/*.log "$scratch/final.safetensors" \
    "$scratch/status.json" > "$scratch/books.log" 2>&1 || fail "the books do not balance"
cat "$scratch/books.log"
echo "$kills kills, $at_place of them at a place that gradmqd named"
stop_daemon
