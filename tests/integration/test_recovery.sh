#!/usr/bin/env bash
# A daemon that was killed, and whose newest checkpoints are gone, plays its journals from the oldest one
# on. It comes to the same parameters, optimizer state, counts, settings and workers, bit for bit,
# whatever makes steps of its gradients.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh
need program.thrower

state=$scratch/state
python3 - "$scratch/model.safetensors" << 'PYTHON'
import array, json, random, struct, sys
random.seed(5)
header, data = {}, b""
for name, shape in (("embed", [100, 30]), ("w", [25, 15]), ("b", [49]), ("scale", [])):
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

# merge COUNT WORKERS: what each has learned since the model was loaded, as often.
merge () {
    local i
    for i in $(seq $(($1 * $2))); do
        gradmq push "$scratch/model.safetensors" --kind delta --weight "$i" --worker "w$((i % $2))" \
            > "$scratch/push.log" 2>&1 || fail "nothing is merged"
    done
}

# checkpoint FILE: what the daemon is now.
checkpoint () {
    gradmq checkpoint > "$scratch/checkpoint.log" 2>&1 || fail "no checkpoint"
    cp "$(find "$state" -name 'checkpoint-*' | sort | tail -n 1)" "$1"
}

arms=0
# arm FORM COUNT WORKERS SETTING=VALUE ...
arm () {
    local form=$1 count=$2 workers=$3
    shift 3
    rm -rf "$state"
    mkdir "$state"
    start_daemon --set "state/directory=$state" --set settings/durability=journal \
        --set settings/checkpoint_every=9 --set settings/checkpoint_keep=1000 \
        --set "model/load=$scratch/model.safetensors" --set model/start=true
    gradmq settings "$@" --quiet || fail "settings $* are refused"
    if [ "$form" = merge ]; then merge "$count" "$workers"; else work "$form" "$count" "$workers"; fi
    checkpoint "$scratch/before"
    kill -KILL "$daemon"
    wait "$daemon" 2> /dev/null
    find "$state" -name 'checkpoint-*' | sort | tail -n +2 | xargs rm
    start_daemon --set "state/directory=$state"
    grep -q 'resumed model' "$scratch/gradmqd.log" || fail "it does not resume"
    checkpoint "$scratch/after"
    python3 - "$scratch/before" "$scratch/after" "$scratch/gradmqd.log" "$@" << 'PYTHON' || fail "$* is not what it was"
import json, re, struct, sys
def read(path):
    raw = open(path, "rb").read()
    end = 8 + struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:end])
    about = header.pop("__metadata__")
    return about, header, raw[end:]
(before, names, data), (after, other, there) = read(sys.argv[1]), read(sys.argv[2])
records = int(re.search(r"and (\d+) records", open(sys.argv[3]).read()).group(1))
for key in sorted(before.keys() | after.keys()):
    if key not in ("serial", "checksum"):
        assert before[key] == after[key], (key, before[key], after[key])
assert names == other and data == there, "other tensors"
assert int(before["version"]) > 3 and records > 10, (before, records)
print(" ".join(sys.argv[4:]) + f": version {before['version']}, {len(names)} tensors, {records} records played")
PYTHON
    kill -KILL "$daemon"
    wait "$daemon" 2> /dev/null
    arms=$((arms + 1))
}

arm whole 20 3 learning_rate=0.01
arm based 12 3 optimizer=adam learning_rate=1e-3 staleness_scale=members
arm mixed 12 3 optimizer=adamw weight_decay=0.01 clip_norm=3 schedule=cosine schedule_steps=40
arm mixed 12 3 policy=async buffer_gradients=3 rule=mean optimizer=yogi
arm whole 6 5 policy=bsp rule=krum byzantine=1 round_minimum=5 optimizer=momentum learning_rate=0.01
arm whole 6 5 policy=bsp rule=median round_minimum=5 optimizer=amsgrad
arm whole 6 5 policy=bsp rule=trimmed_mean trim_fraction=0.2 round_minimum=5 optimizer=lamb
arm whole 6 3 policy=bsp rule=weighted_mean round_minimum=3 optimizer=lion
arm whole 6 3 policy=ssp optimizer=nadam
arm whole 12 3 optimizer=lars learning_rate=0.1
arm whole 12 3 optimizer=adagrad mode=ascent
arm whole 12 3 optimizer=rmsprop
arm whole 12 3 optimizer=adadelta 'groups=b rate_scale=0.5; w frozen'
arm whole 12 3 optimizer=nesterov learning_rate=0.01
arm merge 4 3 policy=merge merge_count=2 optimizer=adam learning_rate=0.01

# Damage is not gone past, and not mended by losing what was acknowledged.
journal=$(find "$state" -name 'journal-*' -size +200c | sort | tail -n 1)
printf '\377\0\377' | dd of="$journal" bs=1 seek=100 conv=notrunc 2> /dev/null
cksum "$state"/* > "$scratch/sums"
run "$GRADMQ_BIN/gradmqd" --set "sockets/control=$control" --set "state/directory=$state" < /dev/null \
    > /dev/null 2> "$scratch/gradmqd.log"
ends 5 $!
grep -q "error .*${journal##*/}" "$scratch/gradmqd.log" || fail "it does not say what is damaged"
cksum "$state"/* | cmp -s - "$scratch/sums" || fail "what is damaged was changed"
echo "$arms arms"
