#!/usr/bin/env bash
# deploy/systemd without a boot: systemd reads the unit and finds nothing to say, it is exposed to little, user and
# folders are made, and the daemon takes the configuration. What the unit forbids is tried where a service can be
# started: tests/deploy/test_boot.sh.
set -u
# shellcheck source=tests/deploy/fixture.sh
. tests/deploy/fixture.sh
need_packages systemd

# A program is looked for where systemd looks, which a build has not been installed to.
unit=$scratch/gradmqd.service
sed "s|^ExecStart=gradmqd|ExecStart=$GRADMQ_BUILD/bin/gradmqd|" deploy/systemd/gradmqd.service > "$unit"
cmp -s "$unit" deploy/systemd/gradmqd.service && fail "the unit starts something else"
silent () {
    systemd-analyze verify --man=no "$1" > "$scratch/out" 2>&1 || return 1
    [ ! -s "$scratch/out" ]
}
silent "$unit" || fail "systemd has something to say of the unit"
sed 's/^WatchdogSec/WatchdogSecs/' "$unit" > "$scratch/wrong.service"
silent "$scratch/wrong.service" && fail "a key that systemd does not know is not noticed"
systemd-analyze security --offline=true --threshold=20 --no-pager "$unit" > "$scratch/out" 2>&1 || fail "it is exposed to more than 2"
grep -oE 'exposure level for .*' "$scratch/out"

mkdir -p "$scratch/root/etc"
systemd-sysusers --root="$scratch/root" "$PWD/deploy/systemd/gradmq.sysusers" > "$scratch/out" 2>&1 || fail "no user"
grep -q '^gradmq:x:[0-9]*:[0-9]*:GradMQ coordinator:/var/lib/gradmq:' "$scratch/root/etc/passwd" || fail "no such user"
systemd-tmpfiles --root="$scratch/root" --create "$PWD/deploy/systemd/gradmq.tmpfiles" > "$scratch/out" 2>&1 || fail "no folders"
for folder in 755:etc/gradmq/authorised 700:etc/credstore 700:var/lib/gradmq; do
    [ "$(stat -c %a "$scratch/root/${folder#*:}")" = "${folder%%:*}" ] || fail "/${folder#*:} has another mode"
done
owner=$(awk -F : '$1 == "gradmq" { print $3 }' "$scratch/root/etc/passwd")
[ "$(stat -c %u "$scratch/root/var/lib/gradmq")" = "$owner" ] || fail "/var/lib/gradmq is not its user's"

# As it is, and with the keys that it tells how to switch on.
check () {
    "$GRADMQ_BUILD/bin/gradmqd" --config "$1" --check > "$scratch/out" 2>&1 || fail "gradmqd refuses $2"
}
mkdir -m 700 "$scratch"/{state,credentials} && mkdir -m 755 "$scratch/authorised"
"$GRADMQ_BUILD/bin/gradmq" keygen server --out "$scratch/credentials" > "$scratch/out" 2>&1 || fail "no keys"
mv "$scratch/credentials/server.secret" "$scratch/credentials/gradmqd.secret"
sed "s|/var/lib/gradmq|$scratch/state|" deploy/systemd/gradmqd.conf > "$scratch/plain.conf"
check "$scratch/plain.conf" "the configuration"
sed -E "s|^#   (security\|sockets\|    [a-z]+ = )|\1|; s|/etc/gradmq/authorised|$scratch/authorised|" "$scratch/plain.conf" > "$scratch/keys.conf"
grep -q '^    control = "tcp://0.0.0.0:5570"' "$scratch/keys.conf" || fail "the configuration does not tell how to use keys"
CREDENTIALS_DIRECTORY=$scratch/credentials check "$scratch/keys.conf" "the configuration with keys"
