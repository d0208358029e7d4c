#!/usr/bin/env bash
# Twenty short lives of workers that come, push, and leave or die at any point: what each of them was
# told that it is applied is in the parameters, once; of the rest of a dead one's, a beginning.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh

lives=20
room=700  # elements for one life; each gradient is 1 at an element of its own
zeros "$scratch/model.safetensors" $((lives * room))
start_daemon --set heartbeat_ms=100 --set settings/lease_ms=600 \
    --set "model/load=$scratch/model.safetensors" --set model/start=true

RANDOM=${GRADMQ_SEED:-7}

# live LIFE: what it does, from its first element on; $room elements at most.
live () {
    local first=$(($1 * room)) a=$((RANDOM % 100 + 1)) b=$((RANDOM % 100 + 1))
    echo "push $first $a"
    [ $((RANDOM % 2)) = 0 ] || echo "flush 60000"
    echo "push $((first + a)) $b"
    case $(($1 % 4)) in
        0) echo "close 60000" ;;
        1) echo "die" ;;
        2) echo "push $((first + a + b)) 500" ;;  # killed from outside, at some point of it
        3) ;;                                      # the end of its input ends it
    esac
}

# A life that is to be killed is, once it has pushed something.
kills=()
reap () {
    local life
    for life in "${kills[@]}"; do
        if [ -e "/proc/${process[$life]}" ] && grep -q '^push ' "$scratch/$life.log"; then
            kill -KILL "${process[$life]}" 2> /dev/null
        fi
    done
}

# Five at a time; a name is taken again as soon as its life is over.
slots=(none none none none none)
free_slot () {
    reap
    for slot in "${!slots[@]}"; do
        [ "${slots[slot]}" = none ] || ended "${slots[slot]}" || continue
        return 0
    done
    return 1
}
for life in $(seq 0 $((lives - 1))); do
    soon free_slot
    live "$life" > "$scratch/$life.script"
    run "$GRADMQ_BUILD/tests/program.pusher" "$control" "w$slot" < "$scratch/$life.script" > "$scratch/$life.log" 2>&1
    slots[slot]=$!
    process[$life]=$!
    [ $((life % 4)) != 2 ] || kills+=("$life")
done
over () {
    reap
    local one
    for one in "${slots[@]}"; do
        ended "$one" || return 1
    done
}
soon over

# All have left or expired, and nothing is queued: the parameters are final.
soon holds 'd["members"] == 0 and d["queued_gradients"] == 0'
gradmq save "$scratch/final.safetensors" --quiet || fail "the parameters cannot be saved"
status '(c["applied"], d["position"]["version"], c["refused"] + c["discarded"] + c["skipped"])' > "$scratch/counted"
python3 - "$scratch" "$lives" "$room" << 'PYTHON' || fail "the books do not balance"
import ast, array, re, struct, sys
scratch, lives, room = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
raw = open(scratch + "/final.safetensors", "rb").read()
values = array.array("f")
values.frombytes(raw[8 + struct.unpack("<Q", raw[:8])[0]:])
total = told = dead = 0
for life in range(lives):
    log = open(f"{scratch}/{life}.log").read()
    script = open(f"{scratch}/{life}.script").read()
    assert "failed" not in log and "verdict" not in log, (life, log)
    pushed = sum(int(count) for count in re.findall(r"^push \d+ (\d+)$", script, re.M))
    answers = re.findall(r"settled=(\d+) applied=(\d+)", log)
    settled, applied = map(int, answers[-1]) if answers else (0, 0)
    assert settled == applied, (life, log)
    mine = list(values[life * room:(life + 1) * room])
    there = mine.count(-1)
    assert mine == [-1] * there + [0] * (room - there), (life, mine)
    assert applied <= there <= pushed, (life, applied, there, pushed)
    if "closed OK" in log:
        assert applied == there == pushed, (life, applied, there, pushed)
    else:
        dead += 1
    total += there
    told += applied
counted, version, otherwise = ast.literal_eval(open(scratch + "/counted").read())
assert (counted, version, otherwise) == (total, total, 0), (counted, version, otherwise, total)
assert dead >= lives // 4, dead  # the rest ended before they were killed
print(f"{lives} lives, {dead} of them cut short; {total} gradients applied, {told} of them known to their workers")
PYTHON
stop_daemon
