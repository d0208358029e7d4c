#!/usr/bin/env bash
# `gradmq record` and `gradmq replay`: what a daemon came to with workers that overtake each other is what
# a replay comes to, bit for bit, with another number of threads and on another instruction set. A
# recording that breaks off is replayed up to there, and one that is damaged is refused.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh
need program.thrower

records=$scratch/records
mkdir "$records"

# Four tensors, 41,000 elements: more than a step takes at a time.
python3 - "$scratch/model.safetensors" << 'PYTHON'
import array, json, random, struct, sys
random.seed(5)
header, data = {}, b""
for name, shape in (("embed", [100, 30]), ("w", [250, 150]), ("b", [499]), ("scale", [])):
    count = 1
    for size in shape:
        count *= size
    piece = array.array("f", (random.uniform(-1, 1) for _ in range(count))).tobytes()
    header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(piece)]}
    data += piece
text = json.dumps(header).encode()
open(sys.argv[1], "wb").write(struct.pack("<Q", len(text)) + text + data)
PYTHON

# work FORM COUNT WORKERS: all at the same time, until everything is settled.
work () {
    local worker lives=()
    for worker in $(seq "$3"); do
        run "$GRADMQ_BUILD/tests/program.thrower" "$control" "w$worker" "$2" "$worker" "$1" \
            < /dev/null > "$scratch/w$worker.log" 2>&1
        lives+=($!)
    done
    for worker in "${lives[@]}"; do
        wait "$worker" || fail "a worker fails"
    done
}

settings () {
    gradmq settings "$@" --quiet || fail "settings $* are refused"
}

# tensors FILE: the octets behind its header.
tensors () {
    python3 -c 'import struct, sys
raw = open(sys.argv[1], "rb").read()
sys.stdout.buffer.write(raw[8 + struct.unpack("<Q", raw[:8])[0]:])' "$1"
}

# replayed NAME STEPS: the same parameters as the daemon has now, with each kind of machine.
replayed () {
    local threads isa out=$scratch/replayed.safetensors
    gradmq save "$scratch/saved.safetensors" --quiet || fail "the parameters cannot be saved"
    tensors "$scratch/saved.safetensors" > "$scratch/saved"
    for threads in 1 3; do
        for isa in baseline avx2 ""; do
            GRADMQ_THREADS=$threads GRADMQ_ISA=$isa "$GRADMQ_BIN/gradmq" replay "$records/$1" \
                --out "$out" --json > "$scratch/replay.log" 2>&1 \
                || fail "$1 is not replayed with $threads threads, ${isa:-default}"
            tensors "$out" | cmp -s - "$scratch/saved" || fail "$1: other parameters with $threads threads, ${isa:-default}"
            python3 - "$scratch/replay.log" "$scratch/saved" "$2" << 'PYTHON' || fail "$1: the answer is wrong"
import hashlib, json, sys
d = json.load(open(sys.argv[1]))
assert d["ended"] and d["digests"] >= 1 and d["steps"] >= int(sys.argv[3]), d
assert d["sha256"] == hashlib.sha256(open(sys.argv[2], "rb").read()).hexdigest(), d
PYTHON
        done
    done
    echo "$1: $(wc -c < "$records/$1") bytes, $(cut -c 1-200 "$scratch/replay.log")"
}

start_daemon --set "record/directory=$records" --set "model/load=$scratch/model.safetensors" \
    --set model/start=true

# One after the other: many gradients in a pass.
settings learning_rate=0.01
gradmq record sgd --quiet || fail "no recording"
work whole 40 3
holds 'd["operations"][0]["name"] == "record sgd" and not d["operations"][0]["done"]' || fail "status does not show it"
gradmq record --stop > "$scratch/stop.log" 2>&1 || fail "the recording does not end"
grep -q 'recording sgd ends at version' "$scratch/stop.log" || fail "the end says something else"
holds 'd["operations"][0]["done"] and d["operations"][0]["code"] == 0' || fail "status shows no end"
replayed sgd 120

# From the middle, with state; parts and rows; settings that change meanwhile.
settings optimizer=adam learning_rate=1e-3 staleness_scale=members
work based 20 2
gradmq record adam --quiet || fail "no recording"
work based 20 3
settings weight_decay=0.01 optimizer=adamw learning_rate=1e-3 clip_norm=3
work based 20 3
gradmq record --stop --quiet || fail "the recording does not end"
replayed adam 80

# Rounds of a robust rule, and buffers of a mean; a load and a new epoch between them.
settings --reset staleness_scale policy=bsp rule=krum byzantine=1 round_minimum=5 optimizer=momentum learning_rate=0.01
gradmq record rounds --quiet || fail "no recording"
work whole 8 5
gradmq load "$scratch/model.safetensors" --quiet || fail "load is refused"
work whole 4 5
gradmq clear --new-epoch --quiet || fail "clear is refused"
settings policy=async buffer_gradients=3 rule=mean
work mixed 9 3
gradmq record --stop --quiet || fail "the recording does not end"
replayed rounds 21

# Compressed gradients, the three kinds at the same time. The product of factors of low rank is this machine's.
settings --reset rule buffer_gradients=1 optimizer=adam learning_rate=1e-3
gradmq record compressed --quiet || fail "no recording"
forms=(int8 top_k low_rank)
lives=()
for worker in 1 2 3; do
    run "$GRADMQ_BUILD/tests/program.thrower" "$control" "c$worker" 12 "$worker" "${forms[worker - 1]}" \
        < /dev/null > "$scratch/c$worker.log" 2>&1
    lives+=($!)
done
for worker in "${lives[@]}"; do
    wait "$worker" || fail "a worker fails: $(cat "$scratch"/c?.log)"
done
gradmq record --stop --quiet || fail "the recording does not end"
replayed compressed 36

# Merged parameters, each with the version that it was made from; all of them are kept, so that none is refused.
gradmq load "$scratch/model.safetensors" --quiet || fail "load is refused"
settings policy=merge optimizer=momentum momentum=0.9 merge_count=2 pinned_snapshots=64 learning_rate=0.7
gradmq record merged --quiet || fail "no recording"
work trained 8 2
gradmq record --stop --quiet || fail "the recording does not end"
replayed merged 8

# What cannot be.
gradmq record --stop > "$scratch/refused.log" 2>&1 && fail "what is not made can be ended"
grep -q 'nothing is being recorded' "$scratch/refused.log" || fail "why not?"
gradmq record sgd > "$scratch/refused.log" 2>&1 && fail "a file is replaced"
grep -q 'is there already' "$scratch/refused.log" || fail "why not?"
for name in ../out .hidden "a b" ""; do
    gradmq record "$name" > "$scratch/refused.log" 2>&1 && fail "\"$name\" is taken for a name"
done
[ ! -e "$scratch/out" ] || fail "a file outside the folder"

# A daemon that is killed leaves a recording that breaks off, and one that ends leaves a whole one.
settings --reset buffer_gradients policy=async optimizer=sgd learning_rate=0.01
gradmq record killed --quiet || fail "no recording"
work whole 20 3
kill -KILL "$daemon"
wait "$daemon" 2> /dev/null
gradmq replay "$records/killed" > "$scratch/replay.log" 2>&1 || fail "it is not replayed"
grep -q 'breaks off' "$scratch/replay.log" || fail "it does not say that the recording breaks off"

# Damage in the middle, and numbers of other versions.
python3 - "$records/sgd" "$scratch/damaged" << 'PYTHON'
import sys
raw = bytearray(open(sys.argv[1], "rb").read())
raw[len(raw) // 2] ^= 4
open(sys.argv[2], "wb").write(raw)
PYTHON
status=0
gradmq replay "$scratch/damaged" > "$scratch/replay.log" 2>&1 || status=$?
[ "$status" = 4 ] || fail "damage ends with $status"
grep -qE 'record [0-9]+ at byte [0-9]+ is damaged' "$scratch/replay.log" || fail "it does not say where the damage is"

first=$("$GRADMQ_BIN/gradmq" replay "$records/sgd" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["first_version"])')
"$GRADMQ_BIN/gradmq" replay "$records/sgd" --until $((first + 7)) --json > "$scratch/replay.log" || fail "not until a version"
python3 -c 'import json, sys
sys.exit(json.load(open(sys.argv[1]))["version"] != int(sys.argv[2]))' "$scratch/replay.log" $((first + 7)) \
    || fail "it ends at another version"
