#!/usr/bin/env bash
# gradmqd as a process: what it prints and logs, how it begins, and each way in which it ends.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh

# gradmqd_ends STATUS ARGUMENT ...: it ends with that status; its words are in out and err.
gradmqd_ends () {
    local expected=$1 status=0
    shift
    timeout 60 "$GRADMQ_BIN/gradmqd" "$@" > "$scratch/out" 2> "$scratch/err" < /dev/null || status=$?
    [ "$status" = "$expected" ] || fail "gradmqd $* ends with $status, not $expected: $(cat "$scratch/out" "$scratch/err")"
}

complains () {
    grep -qF -- "$1" "$scratch/err" || fail "the error does not say \"$1\": $(cat "$scratch/err")"
}

# Configuration: checked without being run, and printed as a file that means the same.
cat > "$scratch/right.conf" << 'CONF'
heartbeat_ms = 250
model
    name = digits
sockets
    updates_hwm = 7
settings
    optimizer = momentum
    momentum = 0.5
    groups = "w* rate_scale=0.5; b frozen"
log
    form = json
CONF
gradmqd_ends 0 --config "$scratch/right.conf" --check
gradmqd_ends 0 --config "$scratch/right.conf" --set heartbeat_ms=500 --print-config
cp "$scratch/out" "$scratch/printed.conf"
for line in 'heartbeat_ms = 500' 'name = "digits"' 'updates_hwm = 7' 'optimizer = "momentum"' 'form = "json"'; do
    grep -qF "$line" "$scratch/printed.conf" || fail "not printed: $line"
done
gradmqd_ends 0 --config "$scratch/printed.conf" --print-config
cmp "$scratch/out" "$scratch/printed.conf" || fail "the printed configuration is read as another"
gradmqd_ends 0 --print-example
cp "$scratch/out" "$scratch/example.conf"
gradmqd_ends 0 --config "$scratch/example.conf" --check

# What is wrong is named with file and line, and ends the daemon before it has a socket.
wrong () {
    printf '%b' "$1" > "$scratch/wrong.conf"
    gradmqd_ends 2 --config "$scratch/wrong.conf"
    complains "wrong.conf:$2:"
    complains "$3"
}
wrong 'model\n    name = x\nsockets\n    updates_hwm = many\n' 4 '"many"'
wrong 'heartbeat_ms = 1\n' 1 '"1"'
wrong 'log\n    colour = red\n' 2 colour
wrong '\n\nsettings\n    optimizer = sgdd\n' 4 sgdd
wrong 'model\n    name = "no/name"\n' 2 no/name
gradmqd_ends 2 --set heartbeat=5
complains heartbeat
gradmqd_ends 2 --config "$scratch/not/there.conf"
complains there.conf
gradmqd_ends 2 --no-such-switch

# A model that cannot be loaded, a port that is taken.
others=(--set "sockets/gradients=tcp://127.0.0.1:*" --set "sockets/updates=tcp://127.0.0.1:*"
    --set "sockets/events=tcp://127.0.0.1:*")
gradmqd_ends 4 "${others[@]}" --set "sockets/control=tcp://127.0.0.1:*" --set "model/load=$scratch/none.safetensors"
complains none.safetensors
zeros "$scratch/model.safetensors" 10
start_daemon --set log/form=json --set model/name=digits --set "model/load=$scratch/model.safetensors" \
    --set model/start=true --set heartbeat_ms=100
gradmqd_ends 3 "${others[@]}" --set "sockets/control=$control"
complains "$control"

# Loaded and started, as it was told to be; nobody asked it to.
holds 'd["state"] == "RUNNING" and d["elements"] == 10 and d["model"] == "digits"' || fail "not loaded and started"
parameters 'p == [0] * 10'

# SIGTERM: subscribers are told, it ends with 0, and each line of its log is an object.
open_listener listener
gradmq watch --json > "$scratch/watched" 2> "$scratch/watch.log" < /dev/null &
watch=$!
soon grep -q RUNNING "$scratch/watched"
stop_daemon
ends 0 "${process[listener]}"
grep -q '^notice CLOSING' "$scratch/listener.log" || fail "a subscriber is not told"
ends 0 "$watch"
python3 - "$scratch/watched" "$scratch/gradmqd.log" << 'PYTHON' || fail "what it wrote does not hold"
import json, sys
looks = [json.loads(line) for line in open(sys.argv[1])]
assert looks[0]["state"] == "RUNNING", looks
assert looks[-1]["state"] == "CLOSING", looks
entries = [json.loads(line) for line in open(sys.argv[2])]
assert all(set(entry) >= {"time", "level", "message"} for entry in entries), entries
said = " | ".join(entry["message"] for entry in entries)
assert "ready: model digits is RUNNING" in said and "stopping: SIGTERM" in said, said
assert said.endswith("stopped"), said
PYTHON

# SIGINT and a Destroy request end it the same way; SIGHUP does not.
start_daemon
kill -HUP "$daemon"
soon grep -q SIGHUP "$scratch/gradmqd.log"
kill -INT "$daemon"
ends 0 "$daemon"
start_daemon
open_listener another
gradmq destroy --yes --quiet || fail "destroy is refused"
ends 0 "$daemon"
ends 0 "${process[another]}"
grep -q 'stopping: a Destroy request' "$scratch/gradmqd.log" || fail "the log does not say why it ended"

# Under systemd: ready, alive, stopping.
python3 - "$GRADMQ_BIN/gradmqd" "$scratch" << 'PYTHON' || fail "systemd is not told"
import os, signal, socket, subprocess, sys
program, scratch = sys.argv[1:]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(scratch + "/notify")
listener.settimeout(60)
sockets = [f"--set=sockets/{name}=ipc://{scratch}/{name}" for name in ("control", "gradients", "updates", "events")]
daemon = subprocess.Popen([program, *sockets], stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                          env=dict(os.environ, NOTIFY_SOCKET=scratch + "/notify", WATCHDOG_USEC="200000"))
try:
    def hear():
        return listener.recv(4096).decode().split("\n")
    first = hear()
    assert "READY=1" in first and any(word.startswith("STATUS=") for word in first), first
    assert all(hear() == ["WATCHDOG=1"] for _ in range(4))
    daemon.send_signal(signal.SIGTERM)
    word = hear()
    while word == ["WATCHDOG=1"]:
        word = hear()
    assert word == ["STOPPING=1"], word
    assert daemon.wait(60) == 0
finally:
    daemon.kill()
    daemon.wait()
PYTHON
