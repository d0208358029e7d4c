#!/usr/bin/env bash
# A client that was made from PROTOCOL.md alone, in a language that has no binding, does what the protocol
# promises. It agrees with the golden vectors; two of its workers train a network together, and two more push
# marks with keys on, while gradmqd is killed and goes on from its journal: each gradient is in the
# parameters once, and its worker was told so.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh
need gradmq-digits
if ! command -v protoc > /dev/null || ! ruby -e 'require "ffi-rzmq"; require "google/protobuf"' 2> /dev/null; then
    echo "ruby, its ffi-rzmq or google-protobuf, or protoc is not there"
    exit 77
fi
example=bindings/examples/ruby

ruby "$example/conformance.rb" > "$scratch/conformance.log" || fail "the vectors"
counts=$(python3 tests/bindings/check.py conformance "$scratch/conformance.log") || fail "not every vector"
read -r passed failed skipped <<< "$counts"
# Left out is what only a coordinator refuses, of what a client writes, and two element types to write.
left_out=$(sed -n 's/^skip \([a-z]*\).*/\1/p' "$scratch/conformance.log" | sort -u | xargs)
if [ "$failed" != 0 ] || [ "$left_out" != "dtype gradient request" ]; then fail "vectors: $counts, of $left_out"; fi

# kill_at VERSION ARGUMENT ...: the daemon dies when the model is there, and goes on by these arguments.
kill_at () {
    soon holds "d['position']['version'] >= $1"
    kill -KILL "$daemon"
    wait "$daemon" 2> /dev/null
    shift
    start_daemon "$@"
    grep -q 'resumed model' "$scratch/gradmqd.log" || fail "it does not resume"
}

# ends_well WORKER ...: each of these processes.
ends_well () {
    local worker
    for worker; do
        ends 0 "$worker"
    done
}

# Digits, over tcp.
mkdir "$scratch/digits"
keep=(--set "state/directory=$scratch/digits" --set settings/durability=journal)
start_daemon "${keep[@]}"
data=bindings/examples/digits/digits.csv
"$GRADMQ_BIN/gradmq-digits" prepare --control "$control" --data $data > "$scratch/prepare.log" 2>&1 || fail "not prepared"
each=120 workers=()
for part in 1 2; do
    run ruby "$example/digits.rb" --control "$control" --name "w$part" --part $part --parts 2 --gradients $each \
        --data $data < /dev/null > "$scratch/w$part.out" 2> "$scratch/w$part.log"
    workers+=($!)
done
kill_at 40 "${keep[@]}"
ended "${workers[0]}" && fail "the workers were done before the daemon was killed"
ends_well "${workers[@]}"
for part in 1 2; do
    [ "$(cat "$scratch/w$part.out")" = "w$part: $each gradients, $each applied, 0 not" ] || fail "$(cat "$scratch/w$part.out")"
done
holds "d['position']['version'] == 2 * $each and d['queued_gradients'] == 0 and d['members'] == 0 and c['lost'] == 0" \
    || fail "not each of them once"
loss=$(status "next (m['value'] for m in d['metrics'] if m['name'] == 'loss')")
awk -v loss="$loss" 'BEGIN {exit !(loss < 1)}' || fail "nothing was learned: the loss is $loss"
stop_daemon
digits=$((2 * each))

# Marks, with keys: gradient i of all adds 1 to element i.
cat > "$scratch/marks.rb" << 'RUBY'
require File.expand_path("bindings/examples/ruby/gradmq")
control, name, first, each, elements, secret, server_key = ARGV
worker = GradMQ::Worker.new(control: control, name: name, secret: secret, server_key: server_key)
each.to_i.times do |i|
  base, = worker.parameters
  worker.push(Array.new(elements.to_i) { |place| place == first.to_i + i ? -1.0 : 0.0 }, base: base)
end
worker.leave
exit(worker.counts == { "APPLIED" => each.to_i })
RUBY
keys=$scratch/keys
mkdir -m 700 "$scratch/marks" "$keys" "$scratch/known"
for name in server w1 w2 admin; do
    role=()
    [ "$name" = admin ] && role=(--role admin)
    "$GRADMQ_BIN/gradmq" keygen "$name" "${role[@]}" --out "$keys" --quiet > "$scratch/keygen.log" 2>&1 || fail "no keys"
    [ "$name" = server ] || cp "$keys/$name.public" "$scratch/known"
done
export GRADMQ_SECRET=$keys/admin.secret GRADMQ_SERVER_KEY=$keys/server.public
each=400 workers=()
zeros "$scratch/zeros.safetensors" $((2 * each))
keep=(--set "state/directory=$scratch/marks" --set settings/durability=journal --set settings/checkpoint_every=150
    --set settings/optimizer=sgd --set settings/learning_rate=1 --set heartbeat_ms=200 --set settings/queue_gradients=64
    --set "model/load=$scratch/zeros.safetensors" --set model/start=true
    --set "security/secret=$keys/server.secret" --set "security/authorised=$scratch/known")
# The first deaths come when gradients are on the disk and nobody has heard of it.
export GRADMQ_FAILPOINT=journal-after-commit:10
start_daemon "${keep[@]}"
for part in 1 2; do
    run ruby "$scratch/marks.rb" "$control" "w$part" $(((part - 1) * each)) $each $((2 * each)) \
        "$keys/w$part.secret" "$keys/server.public" < /dev/null > "$scratch/w$part.log" 2>&1
    workers+=($!)
done
for death in 1 2; do
    soon ended "$daemon"
    [ $death = 1 ] || unset GRADMQ_FAILPOINT
    start_daemon "${keep[@]}"
done
# The others at any moment.
for version in 400 600; do
    kill_at $version "${keep[@]}"
done
ends_well "${workers[@]}"
holds "d['position']['version'] == 2 * $each and c['lost'] == 0" || fail "not each mark once"
parameters "p == [1.0] * (2 * $each)"
echo "$passed vectors, $skipped left out; $digits gradients of digits, $((2 * each)) marks, each applied once; 5 kills"
stop_daemon
