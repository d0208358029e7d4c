#!/usr/bin/env bash
# Digits are trained by four processes under each policy that has to do with waiting. Under bsp one of them
# is killed in the middle of a round: it is said who is waited for, and the others go on when its lease
# is over.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh
need gradmq-digits

start_daemon --set heartbeat_ms=100 --set settings/lease_ms=30000
open_listener listener

digits () {
    "$GRADMQ_BIN/gradmq-digits" "$@" --control "$control"
}

# begin POLICY VERSIONS PUSHES: a new network, and four workers that push so much each.
begin () {
    local i
    digits prepare --policy "$1" --parts 4 --gradients "$2" || fail "$1 cannot be prepared"
    for i in 1 2 3 4; do
        run "$GRADMQ_BIN/gradmq-digits" work --control "$control" --name "w$i" --part "$i" --parts 4 \
            --gradients "$3" < /dev/null > "$scratch/w$i.log" 2>&1
        process[w$i]=$!
    done
}

# done_by NAME PUSHES: it ends well, and each of its pushes was applied or came late and was made up for.
done_by () {
    ends 0 "${process[$1]}"
    grep -qE "^$1: [0-9]+ pushed, $2 applied, " "$scratch/$1.log" || fail "$1 has not applied $2"
}

# reads ACCURACY VERSIONS: the network knows so many of the images that it has not seen.
reads () {
    digits watch --gradients "$2" --csv "$scratch/run.csv" > "$scratch/watch.log" 2>&1 || fail "it cannot be watched"
    awk -v least="$1" '{accuracy = $NF} END {exit !(accuracy >= least)}' "$scratch/watch.log" \
        || fail "an accuracy below $1: $(tail -n 1 "$scratch/watch.log")"
}

# Federated averaging: eight steps at home, then the mean of what has changed.
begin merge 40 40
for i in 1 2 3 4; do
    done_by "w$i" 40
done
holds 'd["policy"] == "merge" and d["position"]["version"] == 40 and d["contributions"] == 0 and d["needed"] == 4'
reads 0.9 40

# Nobody is more than four clocks ahead of the slowest.
gradmq settings policy=ssp clock_bound=4 > /dev/null || fail "ssp cannot be set"
begin ssp 1200 300
for i in 1 2 3 4; do
    done_by "w$i" 300
done
holds 'd["policy"] == "ssp" and d["position"]["version"] == 1200 and d["min_clock"] > 0'
reads 0.9 1200

# Rounds, of which one misses the answer of a worker that is no more.
gradmq settings lease_ms=3000 > /dev/null || fail "the lease cannot be set"
begin bsp 800 800
soon holds 'd["members"] == 4 and d["position"]["version"] >= 20'
kill -KILL "${process[w2]}"
soon holds 'd["waiting_for"] == ["w2"] and d["waiting_total"] == 1 and "waits for others" in (d["why"] or "")'
gradmq status > "$scratch/status.log" || fail "no status"
grep -qE '^waits for +w2 \(1 in all\)$' "$scratch/status.log" || fail "status does not say who is waited for"
gradmq watch --once --json > "$scratch/watch.json" || fail "watch does not end"
python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
assert d["policy"] == "bsp" and d["waiting_for"] == ["w2"] and d["contributions"] == 3, d' "$scratch/watch.json" \
    || fail "watch does not say who is waited for"
soon grep -q '^notice EXPIRED worker=w2:' "$scratch/listener.log"
for i in 1 3 4; do
    done_by "w$i" 800
done
holds 'd["members"] == 0 and d["waiting_total"] == 0 and c["applied"] >= 2400 and c["skipped"] == 0'
reads 0.93 800
stop_daemon
