#!/usr/bin/env bash
# The examples of both C libraries are run, and come to what they say.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh
need example-embed example-merge example_control example_worker

# near NAME VALUE FILE: a line "NAME NUMBER" with a number within 0.05 of the value.
near () {
    awk -v name="$1" -v value="$2" '$1 == name && $2 > value - 0.05 && $2 < value + 0.05 {found = 1}
        END {exit !found}' "$3" || fail "no $1 near $2: $(cat "$3")"
}

"$GRADMQ_BIN/example-embed" > "$scratch/embed" 2>&1 || fail "embed: $(cat "$scratch/embed")"
[ "$(cat "$scratch/embed")" = "y = 2.000 x + 1.000 after 500 steps" ] || fail "embed: $(cat "$scratch/embed")"

"$GRADMQ_BIN/example-merge" > "$scratch/merge" 2>&1 || fail "merge: $(cat "$scratch/merge")"
[ "$(head -n 1 "$scratch/merge")" = "1 of 3 were there, 1 dropped" ] || fail "merge: $(cat "$scratch/merge")"
near "y" 2 <(awk '{print $1, $3; print "offset", $6}' "$scratch/merge")

# The gradmqd that their first lines name takes what is given to it there.
commands=$(sed -n 's|^//  *\(gradmqd .*\) &$|\1|p' bindings/c/examples/*.c)
[ -n "$commands" ] || fail "no example names a gradmqd"
while read -r _ words; do
    # shellcheck disable=SC2086  # a list of words
    "$GRADMQ_BIN/gradmqd" --check $words > "$scratch/check" 2>&1 || fail "gradmqd $words: $(cat "$scratch/check")"
done <<< "$commands"

start_daemon --set model/name=line
"$GRADMQ_BIN/example_control" "$control" || fail "control cannot begin"
holds 'd["state"] == "RUNNING" and d["model"] == "line" and d["elements"] == 2' || fail "not begun"

# Three workers train one line at the same time.
workers=()
for i in 1 2 3; do
    run "$GRADMQ_BIN/example_worker" "$control" > "$scratch/worker$i.out" 2> "$scratch/worker$i.log"
    workers+=($!)
done
for worker in "${workers[@]}"; do
    ends 0 "$worker"
done
for i in 1 2 3; do
    grep -qE '^loss [0-9.e-]+ after 300 steps$' "$scratch/worker$i.out" || fail "worker $i: $(cat "$scratch/worker$i.out")"
done

"$GRADMQ_BIN/example_control" "$control" show > "$scratch/shown" || fail "control cannot show"
near weight 3 "$scratch/shown"
near bias -1 "$scratch/shown"
tail -n 1 "$scratch/shown" | python3 -m json.tool > /dev/null || fail "no JSON document: $(cat "$scratch/shown")"
holds 'c["applied"] == 900 and d["position"]["version"] == 900 and d["members"] == 0' || fail "not 900 steps"
stop_daemon
