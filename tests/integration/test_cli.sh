#!/usr/bin/env bash
# `gradmq` as somebody uses it: every verb against a real gradmqd, and what goes wrong with it.
set -u
: "${GRADMQ_BIN:=$PWD/build/bin}"
for program in gradmqd gradmq; do
    if [ ! -x "$GRADMQ_BIN/$program" ]; then
        echo "$program is not built"
        exit 77
    fi
done
command -v python3 > /dev/null || { echo "python3 is missing"; exit 77; }

scratch=$(mktemp -d)
daemon=
finish () {
    if [ -n "$daemon" ]; then
        kill "$daemon" 2> /dev/null
        wait "$daemon" 2> /dev/null
    fi
    rm -rf "$scratch"
}
trap finish EXIT

failed=0
checked=0
number=
fail () {
    failed=$((failed + 1))
    echo "FAILED: $*"
    echo "--- exit status $number, standard output:"
    cat "$scratch/out"
    echo "--- standard error:"
    cat "$scratch/err"
}

# check STATUS ARGUMENT ...: run gradmq and hold its exit status against the one expected.
check () {
    local expected=$1
    shift
    checked=$((checked + 1))
    "$GRADMQ_BIN/gradmq" "$@" > "$scratch/out" 2> "$scratch/err" < /dev/null
    number=$?
    [ "$number" = "$expected" ] || fail "gradmq $* ends with $number, not $expected"
}

# says TEXT: the answer of the last check contains it. complains TEXT: its error does.
says () {
    grep -qF -- "$1" "$scratch/out" || fail "the answer does not say: $1"
}
complains () {
    grep -qF -- "$1" "$scratch/err" || fail "the error does not say: $1"
}

# holds EXPRESSION: the answer is one JSON document `d` for which this Python expression is true.
holds () {
    python3 -m json.tool "$scratch/out" > /dev/null 2>&1 || { fail "not a JSON document"; return; }
    python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
sys.exit(0 if eval(sys.argv[2]) else 1)' "$scratch/out" "$1" || fail "not so: $1"
}

# An error with --json: one object with code, name and message.
errs () {
    python3 -c 'import json, sys
e = json.load(open(sys.argv[1]))["error"]
sys.exit(0 if e["name"] == sys.argv[2] and e["code"] > 0 and e["message"] else 1)' \
        "$scratch/err" "$1" || fail "not an error object with the name $1"
}

# make FILE DTYPE NAME=VALUES ...: a safetensors file, values with commas between; a shape of more
# than one dimension as NAME:AxB=VALUES.
make () {
    python3 - "$@" << 'PYTHON'
import json, struct, sys
path, dtype, *tensors = sys.argv[1:]
form = {"F32": "f", "F64": "d", "F16": "e"}[dtype]
header, data = {}, b""
for tensor in tensors:
    name, values = tensor.split("=")
    values = [float(value) for value in values.split(",")]
    name, _, shape = name.partition(":")
    shape = [int(size) for size in shape.split("x")] if shape else [len(values)]
    piece = struct.pack(f"<{len(values)}{form}", *values)
    header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(piece)]}
    data += piece
text = json.dumps(header).encode()
open(path, "wb").write(struct.pack("<Q", len(text)) + text + data)
PYTHON
}

# values FILE: its tensors and metadata as JSON, into $scratch/out.
values () {
    python3 - "$1" > "$scratch/out" << 'PYTHON'
import json, struct, sys
raw = open(sys.argv[1], "rb").read()
size = struct.unpack("<Q", raw[:8])[0]
header = json.loads(raw[8:8 + size])
found = {"metadata": header.pop("__metadata__", {})}
for name, row in header.items():
    first, last = row["data_offsets"]
    piece = raw[8 + size + first:8 + size + last]
    if row["dtype"] == "BF16":
        piece = b"".join(b"\0\0" + piece[i:i + 2] for i in range(0, len(piece), 2))
    form = {"F32": "f", "F64": "d", "F16": "e", "BF16": "f"}[row["dtype"]]
    count = len(piece) // struct.calcsize(form)
    found[name] = list(struct.unpack(f"<{count}{form}", piece))
print(json.dumps(found))
PYTHON
}

free_ports () {
    python3 -c 'import socket
sockets = [socket.socket() for _ in range(4)]
for one in sockets:
    one.bind(("127.0.0.1", 0))
print(*[one.getsockname()[1] for one in sockets])'
}

# ---- without a coordinator ------------------------------------------------------------------------
unset GRADMQ_CONTROL
read -r control gradients updates events < <(free_ports)
nobody=tcp://127.0.0.1:$control

check 0 help;                             says "Exit status"
check 0 help push;                        says "--dry-run"
check 0 watch --help;                     says "--seconds"
check 0 --version;                        says "gradmq "
check 0 version --json;                   holds 'd["product"] == "gradmq" and d["protocol"]'
for shell in bash zsh fish; do
    check 0 completion "$shell";          says "describe"
done
check 0 completion bash
# completes EXPECTED WORD ...: what bash offers for the last word.
completes () {
    local expected=$1
    shift
    bash -c 'source "$1"; shift
compopt () { :; }
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_gradmq
echo "${COMPREPLY[*]}"' bash "$scratch/completion" "$@" > "$scratch/out"
    [ "$(cat "$scratch/out")" = "$expected" ] || fail "completing \"$*\" does not give: $expected"
}
cp "$scratch/out" "$scratch/completion"
completes "status start stop" gradmq st
completes "status start stop" gradmq -c tcp : //127.0.0.1 : 5570 st
completes "--dtype" gradmq load --dt
completes "f32 f64" gradmq load --dtype f
completes "descent ascent" gradmq settings mode =
completes "max_staleness= max_weight=" gradmq settings max
completes "async bsp ssp merge" gradmq settings policy =
completes "sum mean weighted_mean median trimmed_mean nnm_trimmed_mean krum multi_krum" gradmq settings rule = ""
completes "bash zsh fish" gradmq completion ""
completes "workers" gradmq help wo
completes "" gradmq status x
check 0 describe --settings;              says "learning_rate"
check 0 describe --settings --json;       holds 'any(s["name"] == "optimizer" for s in d["settings"])'
check 2;                                  complains "A verb is needed"
check 2 statsu;                           complains 'did you mean "status"?'
check 2 status --jsno;                    complains 'did you mean "--json"?'
check 2 load;                             complains "needs FILE"
check 2 status extra;                     complains "takes no argument"
check 2 settings lerning_rate=1;          complains 'did you mean "learning_rate"?'
check 2 settings learning_rate=fast;      complains "not a finite number"
check 2 completion tcsh;                  complains "bash zsh fish"
check 2 destroy --control "$nobody";      complains "--yes"
check 2 frob --json;                      errs USAGE
check 3 status --control "$nobody" --timeout 300;         complains "gradmq status: "
check 3 status --control "$nobody" --timeout 300 --json;  errs "$(python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))["error"]["name"])' "$scratch/err")"
check 4 load "$scratch/none";             complains "$scratch/none"
echo "not a model" > "$scratch/bad.safetensors"
check 4 load "$scratch/bad.safetensors";  complains "bad.safetensors"
check 4 load "$scratch/bad.safetensors" --json;           errs FORMAT
"$GRADMQ_BIN/gradmq" help > /dev/full 2> "$scratch/err"
number=$?
[ "$number" = 4 ] || fail "a full disk under the answer ends with $number"

# ---- with one ---------------------------------------------------------------------------------------
"$GRADMQ_BIN/gradmqd" --set model/name=demo \
    --set "sockets/control=tcp://127.0.0.1:$control" \
    --set "sockets/gradients=tcp://127.0.0.1:$gradients" \
    --set "sockets/updates=tcp://127.0.0.1:$updates" \
    --set "sockets/events=tcp://127.0.0.1:$events" > "$scratch/daemon.log" 2>&1 &
daemon=$!
export GRADMQ_CONTROL=tcp://127.0.0.1:$control
check 0 status --timeout 20000;           says "EMPTY"
if [ "$failed" -gt 0 ]; then
    cat "$scratch/daemon.log"
    exit 1
fi
check 0 status --json;                    holds 'd["state"] == "EMPTY" and d["model"] == "demo"'
check 1 status --model other;             complains "[MODEL]"
check 0 status --model demo
check 0 describe;                         says ":$gradients"
check 0 describe --json;                  holds 'd["layout"] is None'
check 1 start;                            complains "[NO_MODEL]"
check 1 start --json;                     errs NO_MODEL
check 1 save "$scratch/none.safetensors"; complains "[NO_MODEL]"
[ ! -e "$scratch/none.safetensors" ] || fail "a refused save left a file"
check 0 workers;                          says "no worker"

make "$scratch/model.safetensors" F32 w:2x2=1,2,3,4 b=5,6
check 0 load "$scratch/model.safetensors";          says "2 tensors, 6 parameters of F32"
check 0 describe;                         says "2 x 2"
check 0 status;                           says "STOPPED"
check 1 load "$scratch/model.safetensors" --if-version 77;  complains "[CONDITION]"
check 0 load "$scratch/model.safetensors" --dtype f64 --json
holds 'd["dtype"] == "F64" and d["elements"] == 6 and d["position"]["version"] == 0'
check 0 load "$scratch/model.safetensors" --start --json;   holds 'd["state"] == "RUNNING"'
check 1 start;                            complains "[STATE]"
make "$scratch/huge.safetensors" F32 w=nan
check 1 load "$scratch/huge.safetensors"; complains "[NON_FINITE]"

# Settings: all or nothing.
check 0 settings;                         says "learning_rate"; says "revision"
check 0 settings learning_rate=0.5;       says "given"
check 0 settings learning_rate --json
holds 'd["settings"][0]["value"] == 0.5 and d["settings"][0]["given"] and d["revision"] > 0'
check 1 settings learning_rate=0.25 beta1=0.9;      complains "beta1"
check 1 settings optimizer=sgdd;          complains "sgd"
check 1 settings learning_rate=0.25 --if-version 77; complains "[CONDITION]"
check 0 settings learning_rate --json;    holds 'd["settings"][0]["value"] == 0.5'
check 0 settings optimizer=momentum learning_rate=1 momentum=0.5 --quiet
[ ! -s "$scratch/out" ] || fail "--quiet is not quiet"
check 0 settings optimizer=sgd learning_rate=1 --json;      holds 'd["unset"] == ["momentum"]'
check 0 settings "groups=b frozen";       says "frozen"
check 1 settings "groups=nothing* frozen"; complains "nothing*"
check 0 settings --reset groups --reset learning_rate --json
holds 'not any(s["given"] for s in d["settings"])'

# Gradients: whole, partial, wrong.
make "$scratch/gradient.safetensors" F32 w:2x2=1,1,1,1 b=1,1
make "$scratch/part.safetensors" F64 b=0.5,0.5
make "$scratch/stranger.safetensors" F32 x=1
make "$scratch/shape.safetensors" F32 w:4x1=1,1,1,1
make "$scratch/infinite.safetensors" F32 b=inf,1
check 0 push "$scratch/gradient.safetensors" --dry-run;     says "would be taken"
check 0 status --json;                    holds 'd["position"]["version"] == 0 and d["counters"]["applied"] == 0'
check 0 push "$scratch/gradient.safetensors" --worker someone --json
holds 'd["disposition"] == "APPLIED" and d["position"]["version"] == 1 and not d["partial"]'
check 0 push "$scratch/part.safetensors" --base;            says "1 of 2 tensors"
check 0 settings max_staleness=5
check 1 push "$scratch/part.safetensors" --dry-run;         complains "[BASE]"
check 0 push "$scratch/part.safetensors" --dry-run --base;  says "would be taken"
check 0 settings --reset max_staleness
check 1 push "$scratch/stranger.safetensors";               complains '"x"'
check 1 push "$scratch/shape.safetensors"; complains "[4, 1]"; complains "[2, 2]"
check 1 push "$scratch/infinite.safetensors"
check 0 save "$scratch/saved.safetensors"; says "version 2"
values "$scratch/saved.safetensors"
holds 'd["w"] == [0, 1, 2, 3] and d["b"] == [3.5, 4.5]'
holds 'd["metadata"]["gradmq.model"] == "demo" and d["metadata"]["gradmq.version"] == "2"'
holds 'int(d["metadata"]["gradmq.epoch"]) > 0 and d["metadata"]["gradmq.product"].startswith("gradmq ")'
for stream in f32 f64 f16 bf16; do
    check 0 save "$scratch/stream.safetensors" --stream "$stream" --json
    holds "d['dtype'].lower() == '$stream' and d['version'] == 2"
    values "$scratch/stream.safetensors"
    holds 'd["w"] == [0, 1, 2, 3] and d["b"] == [3.5, 4.5]'
done
check 0 save "$scratch/stream.safetensors" --stream int8 --json
holds "d['dtype'] == 'F32' and d['version'] == 2"
values "$scratch/stream.safetensors"
holds 'd["w"][0] == 0 and all(abs(a - b) <= 3 / 253 for a, b in zip(d["w"], range(4)))'
holds 'all(abs(a - b) <= 4.5 / 253 for a, b in zip(d["b"], [3.5, 4.5]))'
check 4 save "$scratch/no/such/folder/x"; complains "no/such/folder"
check 0 load "$scratch/saved.safetensors"; says "version 0"

# Parameters that were trained elsewhere, merged by weight; an open step that is dropped.
check 1 push "$scratch/gradient.safetensors" --kind delta;  complains "[UNSUPPORTED]"
check 1 reset;                            complains "[UNSUPPORTED]"
check 2 push "$scratch/gradient.safetensors" --kind model;  complains "model-parameters"
check 2 push "$scratch/gradient.safetensors" --weight 0;    complains "above 0"
check 0 settings policy=merge;            says "merge"
make "$scratch/trained.safetensors" F32 w:2x2=4,5,6,7 b=3.5,4.5
check 0 push "$scratch/trained.safetensors" --kind model-parameters --weight 3
says "1 of 2 contributions are there"
check 0 status;                           says "merge, rule weighted_mean"; says "1 of 2 contributions"
check 0 status --json
holds 'd["policy"] == "merge" and d["rule"] == "weighted_mean" and d["contributions"] == 1 and d["needed"] == 2'
check 0 watch --once --json
holds 'd["policy"] == "merge" and d["contributions"] == 1 and d["waiting_for"] == [] and d["deadline_ms"] is None'
check 0 reset --json;                     holds 'd["cleared"] == 1'
check 0 push "$scratch/trained.safetensors" --kind model-parameters --weight 3 --json
holds 'd["contributions"] == 1 and d["needed"] == 2 and d["disposition"] is None'
check 0 push "$scratch/part.safetensors" --kind delta;      says "0 of 2 contributions are there"
check 0 save "$scratch/merged.safetensors"; says "version 1"
values "$scratch/merged.safetensors"
holds 'd["w"] == [4, 5, 6, 7] and d["b"] == [3.625, 4.625]'
check 0 reset;                            says "0 contributions dropped"
check 0 settings policy=bsp
check 1 push "$scratch/gradient.safetensors" --clock 1;     complains "[LATE]"
check 0 settings policy=async
check 0 load "$scratch/saved.safetensors"; says "version 0"

# Stopped: queued, then dropped.
check 0 stop;                             says "STOPPED"
check 0 stop --json;                      holds 'd["state"] == "STOPPED" and d["model"] == "demo"'
check 3 push "$scratch/gradient.safetensors" --timeout 700
check 0 status;                           says "1 gradient,"
check 0 clear --json;                     holds 'd["cleared"] == 1'
check 0 clear;                            says "0 gradients dropped"
check 0 clear --new-epoch;                says "epoch"
check 1 clear --if-epoch 3;               complains "[CONDITION]"
check 0 start;                            says "RUNNING"

# Watching.
check 0 watch --once;                     says "version 0"
check 0 watch --count 2;                  [ "$(wc -l < "$scratch/out")" = 2 ] || fail "not two lines"
check 0 watch --json --seconds 1.5
python3 -c 'import json, sys
for line in open(sys.argv[1]):
    look = json.loads(line)
    assert look["model"] == "demo" and look["state"] == "RUNNING" and look["versions_per_s"] == 0' \
    "$scratch/out" || fail "watch --json does not hold"
check 0 workers --json;                   holds 'isinstance(d["workers"], list)'

# The end.
check 2 destroy;                          complains "--yes"
check 0 destroy --yes --json;             holds 'd["state"] == "CLOSING"'
wait "$daemon"
number=$?
[ "$number" = 0 ] || fail "gradmqd ended with $number"
daemon=
check 3 status --timeout 300

if [ "$failed" -gt 0 ]; then
    echo "--- log of gradmqd:"
    cat "$scratch/daemon.log"
fi
echo "$checked command lines, $failed failed"
[ "$failed" = 0 ]
