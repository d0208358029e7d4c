#!/usr/bin/env bash
# Workers that are killed: the others go on, those who watch are told, the members are counted
# right, and nothing of the dead stays in memory.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh

zeros "$scratch/model.safetensors" 4000
start_daemon --set log/level=debug --set heartbeat_ms=100 --set settings/lease_ms=600 \
    --set "model/load=$scratch/model.safetensors" --set model/start=true
open_listener listener

for i in 0 1 2 3; do
    open_worker "w$i"
    ask "w$i" push $((i * 1000)) 100
done
holds 'd["members"] == 4' || fail "not four members"
tell w0 push 100 900
tell w1 push 1100 900
tell w2 push 2100 900
tell w3 push 3100 900
kill -KILL "${process[w1]}" "${process[w3]}"

for i in 1 3; do
    soon grep -q "^notice EXPIRED worker=w$i:" "$scratch/listener.log"
done
soon grep -q '^heartbeat RUNNING members=2 ' "$scratch/listener.log"
holds 'd["members"] == 2 and c["gradients_received"] > 0' || fail "not two members"
for i in 0 2; do
    ask "w$i" flush 60000
    [ "$(number "w$i" settled) $(number "w$i" applied)" = "1000 1000" ] || fail "w$i has not settled 1000"
done
# Of the living everything, of the dead what arrived: whole, in order, once.
parameters 'all(p[i:i + 1000] == [-1] * 1000 for i in (0, 2000))'
parameters 'all(p[i:i + 1000] == [-1] * p[i:i + 1000].count(-1) + [0] * p[i:i + 1000].count(0) for i in (1000, 3000))'
applied=$(status 'c["applied"]')
parameters "p.count(-1) == $applied and $applied >= 2200"

# Twenty-four more that die with gradients unsettled. Once the first have come and gone, the daemon
# does not grow: what it holds is looked at when it has given free memory back after one more gradient.
die () {
    local i times
    for i in $(seq "$1" "$2"); do
        open_worker "d$i"
        ask "d$i" push 0 50
        tell "d$i" die
        ends 137 "${process[d$i]}"
    done
    soon holds 'd["members"] == 2'
    times=$(times_given_back)
    ask w0 push 0 1
    ask w0 flush 60000
    soon given_back "$times"
}
die 1 12
before=$(resident VmRSS)
die 13 24
grown=$(($(resident VmRSS) - before))
[ -n "$GRADMQ_SANITIZE" ] || [ "$grown" -le 512 ] || fail "twelve dead workers left $grown KiB"
[ "$(grep -c '^notice EXPIRED worker=d[0-9]*:' "$scratch/listener.log")" -ge 24 ] || fail "not all are told"

# The name of a dead worker can be taken again, and the living are still served.
open_worker w1
ask w1 push 1999 1
ask w0 close 60000
ask w1 close 60000
ask w2 close 60000
holds 'd["members"] == 0 and d["state"] == "RUNNING"' || fail "somebody is left"
stop_daemon
