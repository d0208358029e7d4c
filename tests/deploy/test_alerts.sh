#!/usr/bin/env bash
# deploy/prometheus and deploy/grafana: the rules and their unit tests by promtool, an expectation of silence and one
# of firing for each alert, and every metric and label that an alert or the board names against what gradmqd tells.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh
# shellcheck source=deploy/packages.sh
. deploy/packages.sh
gradmq_need prometheus python3-yaml curl > "$scratch/packages.log" 2>&1 || { cat "$scratch/packages.log"; exit 77; }

# refuses FILE EXPRESSION WORDS: with this sed expression done to the board, expressions.py says so.
refuses () {
    sed "$1" deploy/grafana/gradmq.json > "$scratch/board.json"
    cmp -s deploy/grafana/gradmq.json "$scratch/board.json" && fail "$1 changes nothing"
    python3 tests/deploy/alerts/expressions.py "$scratch/metrics" broker/metrics/gauge.def "$scratch/board.json" \
        deploy/prometheus/alerts.yaml "$scratch/other.yaml" > "$scratch/out.log" 2>&1 && fail "$1 is not noticed"
    grep -qF -- "$2" "$scratch/out.log" || fail "$1 is not told as \"$2\""
}

promtool check rules deploy/prometheus/alerts.yaml > "$scratch/out.log" 2>&1 || fail "the rules are wrong"
promtool check config deploy/prometheus/prometheus.yaml > "$scratch/out.log" 2>&1 || fail "the configuration is wrong"
promtool test rules deploy/prometheus/alerts_test.yaml > "$scratch/out.log" 2>&1 || fail "an alert does other than it should"

# Every alert has a time at which it is silent and one at which it fires.
python3 - deploy/prometheus/alerts.yaml deploy/prometheus/alerts_test.yaml << 'P' > "$scratch/out.log" 2>&1 || fail "an alert is not tested"
import sys, yaml
rules, tests = (yaml.safe_load(open(path)) for path in sys.argv[1:])
names = [rule["alert"] for group in rules["groups"] for rule in group["rules"]]
assert len(names) == len(set(names)), "two alerts have one name"
told = {(case["alertname"], bool(case["exp_alerts"])) for test in tests["tests"] for case in test["alert_rule_test"]}
missing = [(name, fires) for name in names for fires in (False, True) if (name, fires) not in told]
assert not missing, f"no test of (alert, fires): {missing}"
assert {name for name, _ in told} <= set(names), "a test names no alert"
P

# A daemon tells the metrics; a wrong name in a copy of the board is noticed.
mkdir "$scratch/state"
start_daemon --set http/listen=127.0.0.1:0 --set "state/directory=$scratch/state"
url=$(grep -o 'http://[^ "]*' "$scratch/gradmqd.log") || fail "gradmqd answers no HTTP"
curl -s -S -m 30 -o "$scratch/metrics" "${url}metrics" 2> "$scratch/out.log" || fail "/metrics cannot be read"
promtool check metrics < "$scratch/metrics" > "$scratch/out.log" 2>&1 || fail "the metrics are wrong"
grep -q '^gradmq_state_free_bytes{model="model"} [1-9]' "$scratch/metrics" broker/metrics/gauge.def || fail "no space is told"
python3 tests/deploy/alerts/expressions.py "$scratch/metrics" broker/metrics/gauge.def deploy/grafana/gradmq.json \
    deploy/prometheus/alerts.yaml "$scratch/board.yaml" > "$scratch/out.log" 2>&1 || fail "expressions and metrics differ"
promtool check rules "$scratch/board.yaml" > "$scratch/out.log" 2>&1 || fail "an expression of the board is wrong"
refuses 's/gradmq_members{/gradmq_memberz{/' 'there is no metric gradmq_memberz'
refuses 's/instance=~/instanz=~/' 'has no label instanz'
