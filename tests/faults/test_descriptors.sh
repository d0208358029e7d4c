#!/usr/bin/env bash
# The promise: a gradmqd whose files have run out says at its start how few there are, goes on serving who is
# connected, and serves everybody again once there are some.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh

files=80
zeros "$scratch/model.safetensors" 400
ulimit -n $files || { echo "the limit of open files cannot be set"; exit 77; }
start_daemon --set heartbeat_ms=100 --set settings/lease_ms=60000 --set "model/load=$scratch/model.safetensors" \
    --set model/start=true
grep -q "$files files may be open, enough for about" "$scratch/gradmqd.log" || fail "it does not say how few files there are"
open_worker early
ask early push 0 10
ask early flush 60000

# Connections of somebody who says nothing, as many as it takes, twice over.
python3 - "${control##*:}" $((files * 2)) > "$scratch/crowd.log" 2>&1 << 'PYTHON' &
import resource, signal, socket, sys
crowd = []
try:
    for _ in range(int(sys.argv[2])):
        crowd.append(socket.create_connection(("127.0.0.1", int(sys.argv[1]))))
except OSError:
    pass  # these are our own files, or the daemon's backlog
print("connected", len(crowd), flush=True)
signal.pause()
PYTHON
crowd=$!
exhausted () {
    [ "$(find "/proc/$daemon/fd" -maxdepth 1 -type l | wc -l)" -ge $((files - 1)) ]
}
soon exhausted

# Who was connected notices nothing.
ask early push 10 10
ask early flush 60000
[ "$(number early applied)" = 20 ] || fail "not 20 applied"
! ended "$daemon" || fail "it ended"

# The crowd goes, and everybody is served.
kill -KILL "$crowd"
soon gradmq status --quiet
open_worker late
ask late push 20 10
ask late flush 60000
parameters 'p == [-1] * 30 + [0] * 370'
ask early close 60000
ask late close 60000
stop_daemon
