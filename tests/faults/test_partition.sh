#!/usr/bin/env bash
# The promise: a network that is gone for longer than a lease costs nothing but time. Workers on another host wait,
# and say for what; nobody waits for them once their lease is over. When the network is back they go on by
# themselves, as members again, and each gradient is applied once.
#
# The hosts are network namespaces, which takes the right to make some.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh

# The broker's host is this one, as this test's processes see it.
if [ "${1:-}" != apart ]; then
    unshare -n true 2> /dev/null || { echo "no network namespace can be made: no permission"; exit 78; }
    exec unshare -n bash "$0" apart
fi
# shellcheck source=tests/faults/fixture/lives.sh
. tests/faults/fixture/lives.sh
need ip nsenter
run unshare -n sleep infinity
elsewhere=$!
other_host () {
    [ "$(readlink "/proc/$elsewhere/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}
soon other_host
there () {
    nsenter -t "$elsewhere" -n "$@"
}
ip link add here type veth peer name there || { echo "no pair of network devices can be made"; exit 78; }
ip link set there netns "$elsewhere"
ip link set lo up
ip address add 10.77.0.1/24 dev here
ip link set here up
there ip address add 10.77.0.2/24 dev there
there ip link set there up

# A worker there, and one beside the broker.
control=tcp://10.77.0.1:5570 gradients=tcp://10.77.0.1:5571 updates=tcp://10.77.0.1:5572 events=tcp://10.77.0.1:5573
new_state 520
settings+=(--set sockets/allow_plain_tcp=true --set settings/lease_ms=1000)
start_daemon "${settings[@]}"
start_life 0 100
nearby=("${lives[@]}")
start_life 1 100 there
expired () {
    status 'c["expirations"]' | grep -q '^1$'
}
soon holds 'c["joins"] == 2 and d["position"]["version"] > 100'

ip link set here down
soon expired
holds 'd["members"] == 1' || fail "who was cut off is still a member"
ends 0 "${nearby[0]}"
holds 'd["members"] == 0 and d["queued_gradients"] == 0' || fail "something is still waited for"
! ended "${lives[1]}" || fail "the worker that was cut off gave up"

ip link set here up
ends 0 "${lives[1]}"
duplicates=$(status 'c["duplicates"]')
lives=()
balance "a partition"
cat "$scratch/books.log"
echo "$duplicates gradients came twice"
stop_daemon
