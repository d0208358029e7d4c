#!/usr/bin/env bash
# What gradmqd tells over HTTP: off unless asked for, on loopback unless that is said, every path, what is
# refused, and events while digits are trained.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh
need curl gradmq-digits

others=(--set "sockets/control=tcp://127.0.0.1:*" --set "sockets/gradients=tcp://127.0.0.1:*"
    --set "sockets/updates=tcp://127.0.0.1:*" --set "sockets/events=tcp://127.0.0.1:*")

# refused STATUS WORDS ARGUMENT ...: gradmqd ends with that status and says so.
refused () {
    local expected=$1 words=$2 status=0
    shift 2
    timeout 60 "$GRADMQ_BIN/gradmqd" "${others[@]}" "$@" > "$scratch/out" 2>&1 < /dev/null || status=$?
    [ "$status" = "$expected" ] || fail "gradmqd $* ends with $status, not $expected: $(cat "$scratch/out")"
    grep -qF -- "$words" "$scratch/out" || fail "gradmqd $* does not say \"$words\": $(cat "$scratch/out")"
}

# get PATH [CURL OPTION ...]: the answer's body; its status is $code, its headers are in headers.
get () {
    local path=$1
    shift
    code=$(curl -s -S -m 30 -D "$scratch/headers" -o "$scratch/body" -w '%{http_code}' "$@" "$url$path" 2> "$scratch/curl.err")
}

# answers_with CODE PATH [CURL OPTION ...]
answers_with () {
    local expected=$1
    shift
    get "$@"
    [ "$code" = "$expected" ] || fail "$* is answered with $code, not $expected: $(head -c 300 "$scratch/body" "$scratch/curl.err")"
}

header () {
    grep -qiE "^$1"$'\r$' "$scratch/headers" || fail "no header $1: $(cat "$scratch/headers")"
}

# says EXPRESSION: a Python expression over the JSON of the last answer, which is d.
says () {
    python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
sys.exit(0 if eval(sys.argv[2]) else f"not so: {sys.argv[2]}")' "$scratch/body" "$1"
}

said () {
    says "$1" || fail "not said: $1; it begins $(head -c 400 "$scratch/body")"
}

status_becomes () {
    get status.json && says "$1"
}

metric () {
    sed -n "s/^gradmq_$1 //p" "$scratch/body"
}

# Off by default; refused where others could read, unless that is meant; one address, one program.
start_daemon
if grep -q HTTP "$scratch/gradmqd.log"; then fail "HTTP is on though nobody asked for it"; fi
stop_daemon
refused 2 http/allow_plain_tcp --set http/listen=0.0.0.0:0
refused 2 http/allow_plain_tcp --set 'http/listen=[::]:0'
refused 2 ADDRESS:PORT --set http/listen=localhost
start_daemon --set http/listen=127.0.0.1:0 --set heartbeat_ms=200
url=$(grep -o 'http://[^ "]*' "$scratch/gradmqd.log")
address=${url#http://}
refused 3 "${address%/}" --set "http/listen=${address%/}"

# Without a model.
answers_with 200 healthz
answers_with 503 readyz
grep -q 'no model is loaded' "$scratch/body" || fail "readyz does not say why"
header 'Retry-After: .*'
answers_with 200 status.json
said 'd["state"] == "EMPTY" and d["step"] is None and d["workers"] == []'
answers_with 200 history.json
said 'd == []'

# The page asks for nothing elsewhere, and every answer says that it may not.
for path in '' index.html page.js page.css uplot/uplot.js icon.svg metrics healthz status.json history.json no/such/path; do
    get "$path"
    header "Content-Security-Policy: default-src 'none'; .*frame-ancestors 'none'"
    header 'X-Content-Type-Options: nosniff'
    header 'X-Frame-Options: DENY'
    header 'Cache-Control: no-store'
    if grep -qiE '(src|href|url|fetch|EventSource|import)[^a-z]{1,3}(https?:)?//' "$scratch/body"; then
        fail "/$path leads elsewhere"
    fi
done
answers_with 200 ''
header 'Content-Type: text/html; charset=utf-8'
answers_with 200 'page.js?query=ignored'
header 'Content-Type: text/javascript; charset=utf-8'
cmp "$scratch/body" broker/http/page/page.js || fail "page.js is not the file"
answers_with 404 page/page.js
answers_with 404 ../../etc/passwd --path-as-is

# HEAD, other methods, what is too long, a name that is not this machine's.
for path in '' metrics healthz status.json events; do
    answers_with 200 "$path" -I
done
for method in POST PUT DELETE PATCH OPTIONS TRACE; do
    answers_with 405 status.json -X "$method"
    header 'Allow: GET, HEAD'
done
head -c 1000000 /dev/zero > "$scratch/zeros"
answers_with 405 status.json --data-binary "@$scratch/zeros" -H 'Expect:'
long=$(printf 'a%.0s' {1..20000})
answers_with 414 "$long"
answers_with 431 healthz -H "X-Long: $long"
answers_with 403 status.json -H 'Host: example.org'
answers_with 200 status.json -H 'Host: localhost:1'

# Training is seen: events of both kinds, as it happens; one who reads slowly is beside.
run curl -s -N "${url}events" < /dev/null > "$scratch/events"
listener=$!
run curl -s -N --limit-rate 100 "${url}events" < /dev/null > "$scratch/slow"
digits () {
    "$GRADMQ_BIN/gradmq-digits" "$@" --control "$control"
}
digits prepare --policy async --parts 2 --gradients 60 > /dev/null || fail "no model"
soon status_becomes 'd["state"] == "RUNNING" and d["elements"] > 0'
answers_with 200 readyz
for i in 1 2; do
    run "$GRADMQ_BIN/gradmq-digits" work --control "$control" --name "w$i" --part "$i" --parts 2 \
        --gradients 60 < /dev/null > "$scratch/w$i.log" 2>&1
    process[w$i]=$!
done
for i in 1 2; do
    ends 0 "${process[w$i]}"
done
soon grep -q '"state": "RUNNING"' "$scratch/events"
soon status_becomes 'd["counters"]["applied"] == 120 and d["step"] and d["step"]["position"]["version"] == 120'
said 'd["settings"]["revision"] == d["settings_revision"]'
said 'any(v["name"] == "optimizer" and v["value"] for v in d["settings"]["values"])'
said '{m["name"] for m in d["metrics"]} >= {"loss"}'
said 'd["credit"]["gradients"] > 0 and set(d["rates"]) == {"gradients", "bytes", "applied", "steps"}'
gradmq status --json > "$scratch/status.json" || fail "no status"
python3 - "$scratch/body" "$scratch/status.json" << 'PYTHON' || fail "it differs from gradmq status --json"
import json, sys
ours, theirs = (json.load(open(path)) for path in sys.argv[1:])
assert set(theirs) <= set(ours), set(theirs) - set(ours)
assert set(theirs["counters"]) <= set(ours["counters"])
for key in "model", "position", "state", "elements", "settings_revision", "policy", "metrics":
    assert ours[key] == theirs[key], key
PYTHON
answers_with 200 history.json
said 'sum(step["steps"] for step in d) == 120 and d[-1]["position"]["version"] == 120'
last_version () {
    grep -A 1 '^event: step' "$scratch/events" | grep -q '"version": 120'
}
soon last_version
python3 - "$scratch/events" << 'PYTHON' || fail "the events are not as they should be"
import json, sys
events = [part.split("\n") for part in open(sys.argv[1]).read().split("\n\n")[:-1]]
assert events[0] == ["retry: 2000"], events[0]
steps = []
for lines in events[1:]:
    assert len(lines) == 2 and lines[0] in ("event: status", "event: step"), lines
    assert lines[1].startswith("data: ")
    body = json.loads(lines[1][6:])
    if lines[0] == "event: step":
        steps.append(body)
assert sum(step["steps"] for step in steps) == 120, steps
assert any(metric["name"] == "loss" for step in steps for metric in step["metrics"])
versions = [step["position"]["version"] for step in steps]
assert versions == sorted(versions), versions
PYTHON

# A worker whose gradients are made on another epoch.
open_worker late
ask late fetch
digits prepare --policy async --parts 2 --gradients 60 > /dev/null || fail "no model"
ask late push 0 3
ask late flush 10000
soon status_becomes '[w["refused_by"] for w in d["workers"]] == [{"EPOCH": 3}]'
said '[(w["name"], w["state"], w["awaited"], w["waits_for"]) for w in d["workers"]] == [("late", "LIVE", False, None)]'
said 'd["workers"][0]["dispositions"]["REFUSED"] == 3 and not d["workers_more"]'

# Metrics are those of the status; one that workers choose is among them, and a refusal has its reason.
answers_with 200 metrics
header 'Content-Type: text/plain; version=0.0.4; charset=utf-8'
[ "$(metric 'applied_total{model="model"}')" = 120 ] || fail "metrics: $(metric 'applied_total.*')"
[ "$(metric 'pass_seconds_count{model="model"}')" -gt 0 ] || fail "no time of passes"
[ "$(metric 'state{model="model",state="RUNNING"}')" = 1 ] || fail "no state"
[ "$(metric 'refused_by_reason_total{model="model",reason="EPOCH"}')" = 3 ] || fail "no reason"
grep -q '^gradmq_reported{model="model",metric="loss"} ' "$scratch/body" || fail "no loss"
if command -v promtool > /dev/null; then
    promtool check metrics < "$scratch/body" > "$scratch/promtool" 2>&1 || fail "promtool: $(cat "$scratch/promtool")"
    [ ! -s "$scratch/promtool" ] || fail "promtool: $(cat "$scratch/promtool")"
else
    echo "promtool is not there: the form of /metrics was not checked by it"
fi

# Stopped is ready; the settings' new revision is seen.
gradmq stop > /dev/null || fail "stop"
gradmq settings learning_rate=0.125 > /dev/null || fail "settings"
soon status_becomes 'd["state"] == "STOPPED" and d["settings"]["revision"] == d["settings_revision"] > 1 and d["learning_rate"] == 0.125'
answers_with 200 readyz
grep -q '^STOPPED' "$scratch/body" || fail "readyz does not say that it is stopped"

# The end: listeners are let go, and nothing is left that answers.
stop_daemon
ends 0 "$listener"
if get healthz; then fail "it still answers"; fi

# Where others may read.
start_daemon --set http/listen=0.0.0.0:0 --set http/allow_plain_tcp=true
url=$(grep -o 'http://[^ "]*' "$scratch/gradmqd.log")
url=http://127.0.0.1:${url##*:}
answers_with 200 healthz -H 'Host: example.org'
gradmq destroy --yes > /dev/null || fail "destroy"
ends 0 "$daemon"
