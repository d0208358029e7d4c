#!/usr/bin/env bash
# The first session of the README, as it is written there, with other endpoints: load, settings, a
# worker in C, save; and a daemon that ends in order.
set -eu
: "${GRADMQ_BUILD:=$PWD/build}" "${GRADMQ_BIN:=$GRADMQ_BUILD/bin}" "${GRADMQ_SANITIZE:=}"
for needed in "$GRADMQ_BIN/gradmqd" "$GRADMQ_BIN/gradmq" "$GRADMQ_BUILD/lib/libgradmq.so"; do
    [ -e "$needed" ] || { echo "${needed##*/} is not built"; exit 77; }
done

scratch=$(mktemp -d)
daemon=
finish () {
    [ -z "$daemon" ] || kill -KILL "$daemon" 2> /dev/null || true
    rm -rf "$scratch"
}
trap finish EXIT
control=ipc://$scratch/control
export GRADMQ_CONTROL=$control
gradmq () {
    "$GRADMQ_BIN/gradmq" "$@"
}

# Two tensors of zeros, as safetensors.
python3 - "$scratch/zeros.safetensors" << 'PY'
import json, struct, sys
header = json.dumps({"w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
                     "b": {"dtype": "F32", "shape": [3], "data_offsets": [24, 36]}}).encode()
with open(sys.argv[1], "wb") as file:
    file.write(struct.pack("<Q", len(header)) + header + bytes(36))
PY

"$GRADMQ_BIN/gradmqd" --set "sockets/control=$control" --set "sockets/gradients=ipc://$scratch/gradients" \
    --set "sockets/updates=ipc://$scratch/updates" --set "sockets/events=ipc://$scratch/events" \
    > "$scratch/gradmqd.log" 2>&1 < /dev/null &
daemon=$!
until gradmq status > /dev/null 2>&1; do
    kill -0 "$daemon" 2> /dev/null || { echo "gradmqd ended:"; cat "$scratch/gradmqd.log"; exit 1; }
    sleep 0.1
done

gradmq load "$scratch/zeros.safetensors" --start
gradmq settings learning_rate=0.1

# shellcheck disable=SC2016  # these are not commands
sed -n '/^```c$/,/^```$/p' README.md | grep -v '^```' | sed "s|tcp://127.0.0.1:5570|$control|" > "$scratch/worker.c"
sanitize=()
[ -z "$GRADMQ_SANITIZE" ] || sanitize=("-fsanitize=$GRADMQ_SANITIZE")
gcc "$scratch/worker.c" -o "$scratch/worker" "${sanitize[@]}" -Ibindings/c/include -Ibroker \
    -L"$GRADMQ_BUILD/lib" -Wl,-rpath,"$GRADMQ_BUILD/lib" -lgradmq
"$scratch/worker"

gradmq workers
gradmq stop
gradmq save "$scratch/trained.safetensors"

# The worker pulled every parameter to 1, by a thousand gradients, each applied.
gradmq status --json > "$scratch/status.json"
python3 - "$scratch/trained.safetensors" "$scratch/status.json" << 'PY'
import json, struct, sys
data = open(sys.argv[1], "rb").read()
size = struct.unpack("<Q", data[:8])[0]
values = struct.unpack("<9f", data[8 + size:])
assert all(abs(value - 1) < 1e-3 for value in values), values

def numbers(thing, name):
    if isinstance(thing, dict):
        for key, value in thing.items():
            if key == name:
                yield value
            yield from numbers(value, name)
    elif isinstance(thing, list):
        for value in thing:
            yield from numbers(value, name)

status = json.load(open(sys.argv[2]))
assert 1000 in [int(value) for value in numbers(status, "version")], status
PY

kill -TERM "$daemon"
status=0
wait "$daemon" || status=$?
daemon=
[ "$status" -eq 0 ] || { echo "gradmqd ended with status $status:"; cat "$scratch/gradmqd.log"; exit 1; }
