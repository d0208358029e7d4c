#!/usr/bin/env bash
# deploy/slurm/gradmq.sbatch on a cluster of two nodes that are processes of this machine: the digits are trained, the
# broker's node is lost in the middle, and the job goes on elsewhere to the same number of gradients.
set -u
: "${GRADMQ_BUILD:=$PWD/build}"
# shellcheck source=deploy/packages.sh
. deploy/packages.sh
gradmq_need slurmctld slurmd slurm-client munge || exit 77
[ "$(id -u)" -eq 0 ] || { echo "slurmctld and slurmd need root here"; exit 78; }
cluster=$(mktemp -d) || exit 1
marked=(env "GRADMQ_SLURM_TEST=$cluster")    # by which everything that was started here is found again
chmod 755 "$cluster"    # munged asks for it
export SLURM_CONF=$cluster/slurm.conf
gradients=12000
tree=$PWD

# Slurm's own processes on a node, which are where its slurmd was started; and what they started, by its environment.
#   processes [NODE]
processes () {
    find /proc -maxdepth 2 -path '/proc/[0-9]*/cwd' -lname "$cluster/slurmd-${1:-*}" 2> /dev/null | cut -d / -f 3
    grep -lzxF "GRADMQ_SLURM_TEST=$cluster" /proc/[0-9]*/environ 2> /dev/null \
        | { if [ -z "${1:-}" ]; then cat; else xargs -r grep -lzxF "SLURMD_NODENAME=$1" 2> /dev/null; fi; } | cut -d / -f 3
}

finish () {
    local left i
    for ((i = 0; i < 100; i++)); do
        left=$(processes)
        [ -n "$left" ] || break
        # shellcheck disable=SC2086  # a list of numbers
        kill -KILL $left 2> /dev/null
        sleep 0.1
    done
    rm -rf "$cluster"
}
trap finish EXIT

fail () {
    local log
    echo "FAILED: $*"
    squeue --all 2>&1
    sinfo -N 2>&1
    for log in "$cluster"/*.log "$cluster"/job/*.log; do
        [ -s "$log" ] || continue
        echo "--- ${log##*/}"
        tail -n 25 "$log" | cut -c 1-240
    done
    exit 1
}

# soon COMMAND...: wait until it succeeds.
soon () {
    local since=$SECONDS
    until "$@" > /dev/null 2>&1; do
        [ $((SECONDS - since)) -lt 60 ] || fail "not within a minute: $*"
        sleep 0.1
    done
}

free_port () {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# ---------------------------------------------------------------------------------------------------
# The cluster: everything that it has lies in the scratch folder.

write_config () {
    cat > "$SLURM_CONF" << TEXT
ClusterName=test
SlurmctldHost=$(hostname)(127.0.0.1)
SlurmUser=root
AuthInfo=socket=$cluster/munge.socket
SlurmctldPort=$(free_port)
SlurmctldPidFile=$cluster/slurmctld.pid
StateSaveLocation=$cluster/slurmctld
SlurmdPidFile=$cluster/slurmd-%n.pid
SlurmdSpoolDir=$cluster/slurmd-%n
SlurmdParameters=config_overrides
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SchedulerParameters=sched_interval=2,bf_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU,CR_LLN
ReturnToService=2
NodeName=n0 NodeHostname=$(hostname) NodeAddr=127.0.0.1 Port=$(free_port) CPUs=8 RealMemory=16000
NodeName=n1 NodeHostname=$(hostname) NodeAddr=127.0.0.1 Port=$(free_port) CPUs=8 RealMemory=16000
PartitionName=all Nodes=ALL Default=YES
TEXT
    mkdir "$cluster/slurmctld"
}

# background COMMAND...: a daemon, which bash need not tell of when it is killed.
background () {
    "${marked[@]}" "$@" >> "$cluster/$1.log" 2>&1 < /dev/null &
    disown
}

start_node () {
    mkdir -p "$cluster/slurmd-$1"
    cd "$cluster/slurmd-$1" || fail "its folder is gone"
    background slurmd -D -N "$1"
    cd "$tree" || fail "the tree is gone"
}

start_cluster () {
    head -c 1024 /dev/urandom > "$cluster/munge.key"
    chmod 400 "$cluster/munge.key"
    background munged --foreground --socket="$cluster/munge.socket" --key-file="$cluster/munge.key" \
        --pid-file="$cluster/munge.pid" --seed-file="$cluster/munge.seed" --log-file="$cluster/munge.log"
    soon test -S "$cluster/munge.socket"
    write_config
    background slurmctld -D
    start_node n0
    start_node n1
    soon nodes_idle
}

nodes_idle () {
    [ "$(sinfo --noheader --Node --format=%t | sort | uniq -c | tr -d ' ')" = 2idle ]
}

# lose NODE: all of its processes at once, as when its power fails. Then the controller hears of it.
lose () {
    # shellcheck disable=SC2046  # a list of numbers
    kill -KILL $(processes "$1") 2> /dev/null
    scontrol update nodename="$1" state=down reason=test
}

# ---------------------------------------------------------------------------------------------------

job_status () {
    gradmq=("$GRADMQ_BUILD/bin/gradmq" status --json --control "$(cat "$cluster/job/control")"
        --secret "$cluster/job/keys/job.secret" --server-key "$cluster/job/keys/server.public")
    "${gradmq[@]}"
}

# past VERSION: the model is there.
past () {
    [ "$(job_status | sed -n 's/.*"version": \([0-9]*\).*/\1/p')" -ge "$1" ]
}

requeued () {
    scontrol show job "$job" | grep -q 'Restarts=1'
}

job_is () {
    scontrol show job "$job" | grep -q "JobState=$1"
}

start_cluster
export GRADMQ_BIN=$GRADMQ_BUILD/bin GRADMQ_FOLDER=$cluster/job GRADMQ_GRADIENTS=$gradients
job=$("${marked[@]}" sbatch --parsable --output="$cluster/job.log" --chdir="$PWD" deploy/slurm/gradmq.sbatch) || fail "the job is refused"
soon test -e "$cluster/job/control"
soon past 1500
lost=$(scontrol show job "$job" | sed -n 's/^ *BatchHost=//p' | head -n 1)
lose "$lost"
soon requeued
# Slurm lets a job wait for a while after a node was lost.
again () {
    scontrol update jobid="$job" starttime=now > /dev/null 2>&1
    grep -q ', start 2: broker at ' "$cluster/job.log"
}
soon again
soon grep -q '^test accuracy: ' "$cluster/job.log"
soon job_is COMPLETED

# It went on where it was, with the same keys, and each gradient is in the result once.
left=$(sed -n 's/.*, start 2: .* \([0-9]*\) of [0-9]* gradients are left$/\1/p' "$cluster/job.log")
[ "$left" -le $((gradients - 1500)) ] || fail "it began anew: $left gradients were left"
grep -qx "gradients applied: $gradients" "$cluster/job.log" || fail "another number of gradients"
grep -qE '^test accuracy: 0\.9[3-9]' "$cluster/job.log" || fail "nothing was learned"
[ -s "$cluster/job/model.safetensors" ] || fail "no model was saved"
[ "$(stat -c %a "$cluster/job/keys")" = 700 ] || fail "others can read the keys"
