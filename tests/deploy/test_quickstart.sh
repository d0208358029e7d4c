#!/usr/bin/env bash
# deploy/quickstart.sh as a newcomer runs it, with C's workers alone: the model, the curve, what it says at the
# end, the page with --stay, and that nothing goes on when it is stopped.
set -u
# shellcheck source=tests/deploy/fixture.sh
. tests/deploy/fixture.sh
[ "$GRADMQ_BUILD" = "$PWD/build" ] || { echo "quickstart builds in build/, the build here is $GRADMQ_BUILD"; exit 78; }
need_packages curl
quickstart=
finish () {
    if [ -n "$quickstart" ] && kill -TERM "$quickstart" 2> /dev/null; then wait "$quickstart"; fi
    rm -rf "$scratch"
}

# comes_to PATTERN WORDS: it says so within a minute, and does not end before.
comes_to () {
    local i
    for ((i = 0; i < 600; i++)); do
        grep -q -- "$1" "$scratch/out" && return
        kill -0 "$quickstart" 2> /dev/null || fail "$2"
        sleep 0.1
    done
    fail "within a minute it does not say \"$1\""
}

says () {
    grep -qE -- "$1" "$scratch/out" || fail "it does not say \"$1\""
}

deploy/quickstart.sh --languages c --workers 2 --gradients 1000 --out "$scratch/all" > "$scratch/out" 2>&1 < /dev/null \
    || fail "it ends with $?"
says '^gradients applied: 1000$'
says '^gradients by c: 1000$'
says '^test accuracy: 0\.(9|8[5-9])'

# Whole files: the header of the model counts its bytes, the curve is one document.
python3 - "$scratch/all/model.safetensors" "$scratch/all/curve.svg" << 'P' > "$scratch/out" 2>&1 || fail "its files are not whole"
import json, pathlib, sys, xml.dom.minidom
model = pathlib.Path(sys.argv[1]).read_bytes()
length = int.from_bytes(model[:8], "little")
tensors = json.loads(model[8:8 + length])
tensors.pop("__metadata__", None)
assert tensors, "no tensor"
assert max(row["data_offsets"][1] for row in tensors.values()) == len(model) - 8 - length, "bytes are missing"
assert xml.dom.minidom.parse(sys.argv[2]).documentElement.tagName == "svg"
P

# It stays with --stay: the page is there, and what it trained; Ctrl-C ends it, in order.
deploy/quickstart.sh --languages c --workers 2 --gradients 1000 --out "$scratch/stay" --stay > "$scratch/out" 2>&1 < /dev/null &
quickstart=$!
comes_to 'Ctrl-C ends it' "it does not stay"
says '^page: http://127\.0\.0\.1:[0-9]+/$'
page=$(sed -n 's/^page: //p' "$scratch/out")
curl -sSf -m 30 "$page" 2>&1 | grep -q '<title>GradMQ</title>' || fail "there is no page at $page"
# What it tells is at most a second old.
for ((i = 0; i < 100; i++)); do
    curl -sSf -m 30 -o "$scratch/status.json" "${page}status.json" 2>&1 && grep -q '"version": 1000[,}]' "$scratch/status.json" && break
    sleep 0.1
done
[ "$i" -lt 100 ] || fail "$page does not show what was trained"
kill -TERM "$quickstart"
status=0
wait "$quickstart" || status=$?
[ "$status" -eq 0 ] || fail "stopped while it stays it ends with $status"
if curl -s -m 30 "$page" > /dev/null; then fail "the broker goes on after it was stopped"; fi

# Stopped in the middle: nothing that it started goes on.
deploy/quickstart.sh --languages c --workers 2 --gradients 60000 --out "$scratch/part" > "$scratch/out" 2>&1 < /dev/null &
quickstart=$!
comes_to '/60000 ' "it ends before it has trained"
kill -TERM "$quickstart"
status=0
wait "$quickstart" || status=$?
[ "$status" -eq 143 ] || fail "stopped by a signal it ends with $status, not 143"
left=$(pgrep -af -- "$scratch/|--data .*--gradients (30000|60000)\$" | grep -v "pgrep")
[ -z "$left" ] || fail "these go on after it was stopped: $left"
