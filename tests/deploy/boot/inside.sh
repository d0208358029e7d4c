#!/usr/bin/env bash
# Runs as a service in the machine that test_boot.sh boots, where gradmqd.service was started by the boot. Writes what
# it finds to /boot-test/findings, its last line "done" only if all is as it should be, and powers the machine off.
set -u
mkdir -p /boot-test
exec > /boot-test/findings 2>&1
finish () {
    sync
    systemctl poweroff --no-block
}
trap finish EXIT
conf=/etc/gradmq/gradmqd.conf
control=tcp://127.0.0.1:5570
data=/usr/share/gradmq/digits.csv
keys=()

fail () {
    echo "FAILED: $*"
    systemctl --no-pager --full status gradmqd
    journalctl --no-pager -u gradmqd -n 60
    exit 1
}

# until_true SECONDS COMMAND...: until it succeeds; 1 when it does not in that time.
until_true () {
    local last=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$last" ] || return 1
        sleep 0.1
    done
}

property () { systemctl show --value -p "$1" gradmqd; }
is () { [ "$(property "$1")" = "$2" ]; }
status () { gradmq status --json "${keys[@]}"; }
version () { status | sed -n 's/.*"version": \([0-9]*\).*/\1/p'; }
reached () { [ "$(version)" -ge "$1" ]; }
refused () { ! gradmq status --timeout 1000 "$@" > /dev/null 2>&1; }
digits () { gradmq-digits "$@" --control "$control" --data "$data" "${keys[@]}"; }
newest () { find /var/lib/gradmq -name 'checkpoint-*' | sort | tail -n 1; }
# said TEXT: by the process that runs now, or ran last.
said () { journalctl --no-pager -o cat "_SYSTEMD_INVOCATION_ID=$(property InvocationID)" | grep -qF -- "$1"; }
# at WANTED: the version is this one and no other.
at () {
    local is_at
    is_at=$(version)
    [ "$is_at" = "$1" ] || fail "it is at version $is_at, not at $1"
}

started () {
    until_true 30 is ActiveState active || fail "the boot has not started it"
    [ "$(systemctl is-active gradmqd)" = active ] || fail "it is not active"
    is Type notify || fail "it does not wait for READY=1"
    said "ready: " || fail "it is active before it is ready"
    local pid
    pid=$(property MainPID)
    [ "$(stat -c %U "/proc/$pid")" = gradmq ] || fail "it runs as somebody else than gradmq"
    grep -q '^NoNewPrivs:.1$' "/proc/$pid/status" || fail "it may get new privileges"
    grep -q '^Seccomp:.2$' "/proc/$pid/status" || fail "system calls are not filtered"
    grep -q '^CapBnd:.0*$' "/proc/$pid/status" || fail "it has capabilities"
    [ "$(stat -c %U:%a /var/lib/gradmq)" = gradmq:700 ] || fail "/var/lib/gradmq is not its own"
}

# Without keys a reload has nothing to read, and says so.
hears () {
    systemctl reload gradmqd || fail "it cannot be reloaded"
    until_true 10 said "SIGHUP changes nothing" || fail "a reload does not reach it"
    is ActiveState active || fail "a reload has ended it"
}

# The watchdog ends a daemon that hangs while a worker trains, and none of its gradients is lost or counted twice.
hangs () {
    local worker pid status=0
    digits prepare || fail "no model"
    digits work --name w1 --gradients 300 || fail "w1 cannot train"
    at 300
    digits work --name w2 --gradients 6000 &
    worker=$!
    until_true 30 reached 600 || fail "w2 does not train"
    pid=$(property MainPID)
    kill -STOP "$pid"
    until_true 30 is NRestarts 1 || fail "the watchdog does not end a daemon that hangs"
    until_true 30 is ActiveState active || fail "it does not come back"
    is MainPID "$pid" && fail "it is the same process"
    journalctl --no-pager -o cat -u gradmqd | grep -q 'Watchdog timeout' || fail "it was not the watchdog"
    said "resumed model " || fail "it did not go on from its state"
    wait "$worker" || status=$?
    [ "$status" -eq 0 ] || fail "the worker ended with status $status"
    at 6300
}

# A hang while nobody trains: the version is the one it had.
hangs_again () {
    kill -STOP "$(property MainPID)"
    until_true 30 is NRestarts 2 || fail "the watchdog does not end it a second time"
    until_true 30 is ActiveState active || fail "it does not come back a second time"
    at 6300
}

# Gradients of low rank are multiplied out by OpenBLAS, in the daemon: what it needs is allowed there.
computes () {
    local before
    before=$(received)
    /boot-test/program.thrower "$control" w5 50 1 low_rank || fail "gradients of low rank are not applied"
    at 6350
    # Whole ones have 9610 values of 4 bytes.
    [ $(($(received) - before)) -lt $((50 * 9610 * 4)) ] || fail "the gradients were not of low rank"
}
received () { status | sed -n 's/.*"gradients_bytes": \([0-9]*\).*/\1/p'; }

# A stop writes a checkpoint, and a start goes on from it.
stops () {
    local before last
    before=$(newest)
    digits work --name w3 --gradients 10 || fail "w3 cannot train"
    systemctl stop gradmqd || fail "it does not stop"
    is Result success || fail "its end was $(property Result)"
    last=$(newest)
    [ "$last" != "$before" ] || fail "a stop writes no checkpoint"
    systemctl start gradmqd || fail "it does not start again"
    last=${last##*-} last=${last%.*}
    said "from checkpoint $((10#$last)) and 0 records" || fail "it does not go on from the last checkpoint"
    at 6360
}

# Keys as the configuration tells: the secret one is a credential, which the daemon alone can read.
takes_keys () {
    mkdir -m 700 /boot-test/keys
    gradmq keygen server --out /etc/credstore --quiet || fail "no key for the daemon"
    mv /etc/credstore/server.secret /etc/credstore/gradmqd.secret
    gradmq keygen admin --role admin --out /boot-test/keys --quiet || fail "no key for an admin"
    gradmq keygen worker --workers 'w*' --out /boot-test/keys --quiet || fail "no key for workers"
    cp /boot-test/keys/*.public /etc/gradmq/authorised/
    sed -i -E 's/^#   (security|sockets|    [a-z]+ = )/\1/' "$conf"
    systemctl restart gradmqd || fail "it does not start with keys"
    [ -s /run/credentials/gradmqd.service/gradmqd.secret ] || fail "it was given no credential"
    [ "$(stat -c %U:%a /etc/credstore/gradmqd.secret)" = root:600 ] || fail "others can read the secret key"
    runuser -u gradmq -- cat /etc/credstore/gradmqd.secret > /dev/null 2>&1 && fail "the daemon's user reads the store"
    refused "${keys[@]}" || fail "it answers somebody without a key"
    keys=(--secret /boot-test/keys/admin.secret --server-key /etc/credstore/server.public)
    at 6360
    digits work --name w4 --gradients 10 || fail "w4 cannot train with a key"
}

# A key that was taken away lets nobody in after a reload, in the same process.
reloads () {
    local pid worker=(--secret /boot-test/keys/worker.secret --server-key /etc/credstore/server.public)
    gradmq status "${worker[@]}" > /dev/null || fail "a worker's key does not let in"
    pid=$(property MainPID)
    rm /etc/gradmq/authorised/worker.public
    systemctl reload gradmqd || fail "it cannot be reloaded"
    until_true 10 refused "${worker[@]}" || fail "a key that was taken away lets in"
    is MainPID "$pid" || fail "a reload has ended it"
    at 6370
}

# A wrong configuration is told once, and not tried again.
refuses () {
    local restarts
    systemctl stop gradmqd
    echo 'no_such_option = 1' >> "$conf"
    systemctl reset-failed gradmqd
    systemctl start gradmqd && fail "it starts with a wrong configuration"
    is ActiveState failed || fail "after a wrong configuration it is $(property ActiveState)"
    is ExecMainStatus 2 || fail "a wrong configuration ends it with status $(property ExecMainStatus)"
    said no_such_option || fail "it does not say what is wrong"
    restarts=$(property NRestarts)
    # RestartSec is one second.
    sleep 3
    is ActiveState failed || fail "it is started again after a wrong configuration"
    is NRestarts "$restarts" || fail "a wrong configuration is tried again"
}

for part in started hears hangs hangs_again computes stops takes_keys reloads refuses; do
    echo "$part"
    "$part"
done
echo "done"
