#!/usr/bin/env bash
# A worker goes on through the end of its coordinator, and through one that stands still.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh

zeros "$scratch/model.safetensors" 400
settings=(--set heartbeat_ms=100 --set settings/lease_ms=2000)
model=(--set "model/load=$scratch/model.safetensors" --set model/start=true)

# applied FIRST LAST: the elements whose gradients are in the parameters are exactly these, from FIRST
# to before LAST, each of them once.
applied () {
    parameters "p == [0] * $1 + [-1] * ($2 - $1) + [0] * (400 - $2)"
}

# What was settled is gone with the instance: durability is "memory". What was not is sent again to
# the next one, and is applied there once.
killed () {
    start_daemon "${settings[@]}" "${model[@]}"
    open_worker walker
    ask walker push 0 100
    ask walker flush 60000
    applied 0 100
    # Stopped, so that what comes is kept and not settled; 30 of them cannot be lost with the process
    # and not be noticed.
    gradmq stop --quiet || fail "stop is refused"
    ask walker push 100 30
    soon holds 'd["queued_gradients"] == 30'
    kill -KILL "$daemon"
    wait "$daemon" 2> /dev/null
    tell walker flush 60000
    soon grep -qE '^waiting: .*(nothing was heard of the coordinator|there is no connection)' "$scratch/walker.log"
    start_daemon "${settings[@]}" "${model[@]}"
    soon grep -q '^flush pushed=130 settled=130 applied=130 refused=0' "$scratch/walker.log"
    applied 100 130
    [ "$(number walker resent)" -ge 30 ] || fail "it did not send again"
    ask walker push 130 70
    ask walker close 60000
    ends 0 "${process[walker]}"
    applied 100 200
    holds 'c["applied"] == 100 and d["position"]["version"] == 100 and d["members"] == 0' || fail "not 100 gradients"
    stop_daemon
}
killed
control=ipc://$scratch/control
gradients=ipc://$scratch/gradients
updates=ipc://$scratch/updates
events=ipc://$scratch/events
killed

# Gradients that ZeroMQ still held for the connection that went: whoever comes next is sent them, too.
zeros "$scratch/large.safetensors" 1048576
large=(--set "model/load=$scratch/large.safetensors" --set model/start=true)
start_daemon "${settings[@]}" "${large[@]}"
open_worker heavy
ask heavy push 0 1
ask heavy flush 60000
stand_still "$daemon"
ask heavy push 1 8
kill -KILL "$daemon"
wait "$daemon" 2> /dev/null
start_daemon "${settings[@]}" "${large[@]}"
ask heavy flush 60000
[ "$(number heavy applied)" = 9 ] || fail "not 9 gradients were applied"
parameters 'p == [0] + [-1] * 8 + [0] * (len (p) - 9)'
ask heavy close 60000
stop_daemon

# Gradients that state a base are of their epoch: the next instance refuses them by name, the worker
# is told, and what it makes from new parameters is applied.
start_daemon "${settings[@]}" "${model[@]}"
open_worker based
ask based fetch
gradmq stop --quiet || fail "stop is refused"
ask based push 0 20
soon holds 'd["queued_gradients"] == 20'
kill -KILL "$daemon"
wait "$daemon" 2> /dev/null
start_daemon "${settings[@]}" "${model[@]}"
ask based flush 60000
[ "$(grep -c '^verdict [0-9]* REFUSED EPOCH$' "$scratch/based.log")" = 20 ] || fail "not 20 verdicts"
ask based fetch
ask based push 20 20
ask based flush 60000
[ "$(number based refused) $(number based applied)" = "20 20" ] || fail "not 20 refused and 20 applied"
applied 20 40
ask based close 60000

# Killed again and again while it pushes: within an instance nothing is applied twice, and what the
# last one applied is what was not settled before it, without a hole.
open_worker runner
for first in 0 100 200; do
    tell runner push "$first" 100
    tell runner flush 60000  # a worker makes progress in its calls only
    soon holds 'c["applied"] > 0'
    kill -KILL "$daemon"
    wait "$daemon" 2> /dev/null
    start_daemon "${settings[@]}" "${model[@]}"
done
tell runner push 300 100
tell runner flush 60000
soon grep -q '^flush pushed=400 settled=400 applied=400 refused=0' "$scratch/runner.log"
parameters 'p == [0] * p.count(0) + [-1] * p.count(-1) and p.count(-1) >= 100'
count=$(status 'c["applied"]')
parameters "p.count(-1) == $count"
ask runner close 60000
ends 0 "${process[runner]}"
stop_daemon

# A coordinator that stands still for longer than a lease: no time has passed for its members.
start_daemon "${settings[@]}" --set settings/lease_ms=500 "${model[@]}"
open_listener listener
open_worker patient
ask patient push 0 10
ask patient flush 60000
stand_still "$daemon"
tell patient push 10 10
tell patient flush 60000
soon grep -qE '^waiting: .*nothing was heard of the coordinator' "$scratch/patient.log"
soon grep -qE '^waiting: .*nothing was heard of the coordinator for [1-9]' "$scratch/patient.log"
kill -CONT "$daemon"
soon grep -q '^flush pushed=20 settled=20 applied=20' "$scratch/patient.log"
holds 'd["members"] == 1' || fail "it is no member any more"
applied 0 20
ask patient close 60000
ends 0 "${process[patient]}"
[ "$(number patient incarnation)" = "$(sed -n 's/^flush .*incarnation=//p' "$scratch/patient.log" | head -n 1)" ] || fail "it joined anew"
stop_daemon
ends 0 "${process[listener]}"
! grep EXPIRED "$scratch/listener.log" || fail "a lease went on while the coordinator stood still"
