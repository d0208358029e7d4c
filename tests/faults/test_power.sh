#!/usr/bin/env bash
# The promise: when the power goes, what was on the disk is what was promised. The file system under the state is
# cut off in the middle of training, without what its cache still had; whoever goes on from it has every
# gradient that a worker was told is settled, once.
#
# The cut is ext4's own (EXT4_IOC_SHUTDOWN) on a file as a disk, which takes the right to mount one.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh

# A disk of its own, which only this test's processes see.
if [ "${1:-}" != mounted ]; then
    unshare -m true 2> /dev/null || { echo "a disk cannot be mounted: no permission"; exit 78; }
    exec unshare -m bash "$0" mounted
fi
# shellcheck source=tests/faults/fixture/lives.sh
. tests/faults/fixture/lives.sh
need mkfs.ext4
mkdir "$scratch/state"
truncate -s 32M "$scratch/disk"
mkfs.ext4 -q "$scratch/disk" || fail "no file system can be made"
attach () {
    mount -o loop,commit=600 "$scratch/disk" "$scratch/state" 2> /dev/null
}
detach () {
    umount "$scratch/state" 2> /dev/null
}
attach || { echo "a file cannot be mounted as a disk"; exit 78; }
trap 'umount --lazy "$scratch/state" 2> /dev/null; finish' EXIT

# Cut the power: nothing reaches the disk any more, not even what the file system's own journal holds. Nor does the
# daemon say another word: cut off in the middle of it, ext4 lets an fdatasync return 0, which no machine without
# power does. (A stopped daemon goes on for a while; a killed one leaves the kernel no more.)
cut_power () {
    python3 -c 'import contextlib, fcntl, os, signal, struct, sys
state = os.open(sys.argv[1], os.O_RDONLY)
with contextlib.suppress(ProcessLookupError):
    os.kill(int(sys.argv[2]), signal.SIGKILL)
fcntl.ioctl(state, 0x8004587D, struct.pack("I", 2))' "$scratch/state" "$daemon"
}
# The daemon is killed, and another one goes on from what the first left in memory, too. It ends before it has a
# checkpoint of its own.
kill_and_go_on () {
    die
    start_faulty GRADMQ_FAILPOINT=checkpoint-before-write:1
    wait "$daemon" 2> /dev/null
}
far_enough () {
    holds "d['position']['version'] >= $1"
}

cuts=4
[ "${GRADMQ_TEST_LONG:-}" != true ] || cuts=40
new_state 520
settings+=(--set settings/checkpoint_every=40 --set settings/checkpoint_keep=2)
start_daemon "${settings[@]}"
start_lives 20
for ((i = 1; i <= cuts; i++)); do
    soon far_enough $((i * 800 / cuts))
    ! ended "$daemon" || fail "the daemon has ended by itself before cut $i"
    [ $((i % 2)) -eq 1 ] || kill_and_go_on
    cut_power 2> /dev/null || { echo "a file system cannot be cut off here"; exit 78; }
    wait "$daemon" 2> /dev/null
    soon detach
    attach || fail "the disk cannot be mounted again after cut $i"
    start_daemon "${settings[@]}"
done
balance "$cuts cuts"
cat "$scratch/books.log"
stop_daemon
detach
