#!/usr/bin/env bash
# Two workers train over CURVE to the end, with keys of `gradmq keygen`; others are refused with words
# that help, a key is put in and taken out while everything runs, and no file of keys is taken that
# somebody else could have read or changed.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh
need gradmq-digits

keys=$scratch/keys
allowed=$scratch/allowed
mkdir -m 700 "$keys" "$allowed"
unset GRADMQ_SECRET GRADMQ_SERVER_KEY CREDENTIALS_DIRECTORY
keygen () {
    "$GRADMQ_BIN/gradmq" keygen "$@" --out "$keys" > "$scratch/keygen" 2>&1 || fail "keygen $*: $(cat "$scratch/keygen")"
}

# as NAME COMMAND ...: with this key.
as () {
    local name=$1
    shift
    "$@" --secret "$keys/$name.secret" --server-key "$keys/server.public"
}

# refused WORDS COMMAND ...: it fails and says these words.
refused () {
    local words=$1
    shift
    ! "$@" > "$scratch/refused" 2>&1 || fail "not refused: $*"
    grep -qF -- "$words" "$scratch/refused" || fail "$* does not say \"$words\" but $(cat "$scratch/refused")"
}

for name in server w1 stranger; do
    keygen "$name"
done
keygen two --workers 'w2,w3-*'
keygen alice --role admin
keygen bob --role observer
[ "$(stat -c %a "$keys/w1.secret")" = 600 ] || fail "a secret has mode $(stat -c %a "$keys/w1.secret")"
grep -q secret-key "$keys/w1.public" && fail "a public certificate has a secret"
sum=$(cat "$keys"/* | cksum)
refused 'never written over' "$GRADMQ_BIN/gradmq" keygen w1 --out "$keys"
refused 'takes neither' "$GRADMQ_BIN/gradmq" keygen server --role admin --out "$scratch"
refused '--workers' "$GRADMQ_BIN/gradmq" keygen w9 --workers 'a/b' --out "$scratch"
[ "$(cat "$keys"/* | cksum)" = "$sum" ] || fail "a key has changed"

# What gradmqd does not take: it ends before anything is bound.
secured=(--set "security/secret=$keys/server.secret" --set "security/authorised=$allowed")
gradmqd () {
    "$GRADMQ_BIN/gradmqd" "$@" < /dev/null
}
refused 'security/authorised' gradmqd --set "security/secret=$keys/server.secret"
refused 'keygen' gradmqd --set 'sockets/events=tcp://0.0.0.0:*'
refused 'inproc' gradmqd "${secured[@]}" --set sockets/events=inproc://events
chmod 640 "$keys/server.secret"
refused "chmod 600 $keys/server.secret" gradmqd "${secured[@]}"
chmod 600 "$keys/server.secret"
chmod 770 "$allowed"
refused "chmod go-w $allowed" gradmqd "${secured[@]}"
chmod 700 "$allowed"

# The secret as a credential of the service manager, by its name.
cp "$keys/w1.public" "$keys/alice.public" "$keys/bob.public" "$allowed"
echo "not a certificate" > "$allowed/noise"
mkdir -m 700 "$scratch/credentials"
cp "$keys/server.secret" "$scratch/credentials/server"
export CREDENTIALS_DIRECTORY=$scratch/credentials
start_daemon --set security/secret=server --set "security/authorised=$allowed" \
    --set model/name=digits --set sockets/control=tcp://0.0.0.0:*
unset CREDENTIALS_DIRECTORY
control=${control/0.0.0.0/127.0.0.1}
grep -q 'left out: noise' "$scratch/gradmqd.log" || fail "the bad file is not named"

as bob gradmq status --quiet > /dev/null || fail "an observer may not ask"
refused 'needs the role admin' as bob gradmq start
refused 'needs the role admin' as w1 gradmq destroy --yes
refused 'asks for keys' gradmq status --timeout 1000
refused 'is the key' as stranger gradmq status --timeout 1000
refused 'is server_key' gradmq status --timeout 1000 --secret "$keys/bob.secret" --server-key "$keys/alice.public"
refused 'without server_key' gradmq status --secret "$keys/bob.secret"
refused 'cannot open' gradmq status --secret "$keys/none" --server-key "$keys/server.public"
refused 'chmod 600' gradmq status --secret "$keys/bob.public" --server-key "$keys/server.public"
! grep -rqF "$(sed -n 's/.*secret-key = "\(.*\)"/\1/p' "$keys/server.secret")" "$scratch"/*.log || fail "a secret is logged"

# The key of "two" is put in while the daemon runs; its workers are those that its certificate names.
refused 'is the key' as two gradmq status --timeout 1000
cp "$keys/two.public" "$allowed"
soon as two gradmq status
export GRADMQ_SECRET=$keys/alice.secret GRADMQ_SERVER_KEY=$keys/server.public
as alice "$GRADMQ_BIN/gradmq-digits" prepare --control "$control" > "$scratch/prepare.log" 2>&1 || fail "prepare"
refused 'may not be used by a worker named w1' as two "$GRADMQ_BIN/gradmq-digits" work --control "$control" --name w1
run as w1 "$GRADMQ_BIN/gradmq-digits" work --control "$control" --name w1 --part 1 --parts 2 --gradients 150 > "$scratch/w1.log" 2>&1
first=$!
run as two "$GRADMQ_BIN/gradmq-digits" work --control "$control" --name w3-a --part 2 --parts 2 --gradients 150 > "$scratch/w3-a.log" 2>&1
second=$!
ends 0 "$first"
ends 0 "$second"
holds 'c["applied"] == 300 and c["refused"] == 0' || fail "$(status 'c')"

# Taken out, it is refused, and its worker says so and ends.
run as two "$GRADMQ_BIN/gradmq-digits" work --control "$control" --name w2 --gradients 1000000 > "$scratch/w2.log" 2>&1
third=$!
run as w1 "$GRADMQ_BIN/gradmq-digits" work --control "$control" --name w1 --gradients 3000 > "$scratch/w1.log" 2>&1
first=$!
soon holds 'c["applied"] > 310 and d["members"] == 2'
rm "$allowed/two.public"
ends 1 "$third"
grep -q 'is not authorised' "$scratch/w2.log" || fail "the worker does not say why: $(cat "$scratch/w2.log")"
refused 'is the key' as two gradmq status --timeout 1000
as w1 gradmq status > /dev/null || fail "another key was taken away too"
# Its neighbour, whose connections were ended with its own, comes back and trains to the end.
ends 0 "$first"
holds 'd["position"]["version"] == c["applied"] and c["applied"] >= 3300' || fail "$(status 'c')"

# SIGHUP reads the folder, too.
before=$(grep -c 'authorised keys: [0-9]' "$scratch/gradmqd.log")
kill -HUP "$daemon"
again () {
    [ "$(grep -c 'authorised keys: [0-9]' "$scratch/gradmqd.log")" -gt "$before" ]
}
soon again
stop_daemon
