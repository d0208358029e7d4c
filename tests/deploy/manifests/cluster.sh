#!/usr/bin/env bash
# The pods of rendered manifests as processes, in namespaces of this script's own: keys and configuration lie in
# folders of the form that the kubelet makes, with its modes, and each runs as the manifests' user. The network is
# trained, a key is taken away, the broker is stopped.
#
#   cluster.sh MANIFESTS KEYS SCRATCH
set -u
manifests=$1
keys=$2
scratch=$3
daemon=
url=http://127.0.0.1:9570

fail () {
    echo "$*"
    tail -n 20 "$scratch"/*.log
    exit 1
}

soon () {
    local i
    for ((i = 0; i < 300; i++)); do
        if "$@" > "$scratch/soon" 2>&1; then return 0; fi
        sleep 0.1
    done
    fail "not within 30 s: $*: $(cat "$scratch/soon")"
}

# volume FOLDER MODE FILE...: what the kubelet makes of a Secret or ConfigMap, or makes in its place when that has
# changed: the files in a folder of their own, ..data leading there, all of it root's and the pod's group's.
volume () {
    local folder=$1 mode=$2 now old
    shift 2
    old=$(readlink "$folder/..data")
    mkdir -p "$folder"
    now=$(mktemp -d "$folder/..XXXXXX")
    install -m "$mode" "$@" "$now"
    chgrp -R 65532 "$folder"
    chmod 2755 "$now"
    chmod 3777 "$folder"
    ln -s "${now##*/}" "$folder/..data_tmp"
    mv -T "$folder/..data_tmp" "$folder/..data"
    for file; do ln -sfn "..data/${file##*/}" "$folder/${file##*/}"; done
    [ -z "$old" ] || rm -r "${folder:?}/$old"
}

# A FOLDER-OF-KEYS and a COMMAND behind this: as the manifests' user, with these keys as its own.
# shellcheck disable=SC2016  # for another bash
confined=(unshare -m bash -c 'mount --bind "$0" /run/credentials/gradmq && exec setpriv --reuid 65532 --regid 65532 \
    --clear-groups --no-new-privs --bounding-set=-all "$@"')

# command_of KIND/NAME: into words.
command_of () {
    mapfile -d '' -t words < <(python3 tests/deploy/manifests/pods.py "$manifests" command "$1")
}

answers () {
    [ "$(curl -s -o "$scratch/body" -w '%{http_code}' "$url/$2")" = "$1" ]
}

applied () {
    curl -s "$url/metrics" | grep "^gradmq_applied_total{model=\"model\"} $1\$"
}

ask () {
    "${confined[@]}" "$1" gradmq status --control tcp://gradmq:5570 --secret "/run/credentials/gradmq/$2.secret" \
        --server-key /run/credentials/gradmq/server.public
}

refused () {
    ! ask /run/keys/worker worker
}

# Folders that a container would have, over this machine's.
ip link set lo up
for folder in run var/lib; do mount -t tmpfs none "/$folder"; done
mkdir -p "$scratch/over" "$scratch/work"
mount -t tmpfs none "$scratch/over"
mkdir "$scratch/over/up" "$scratch/over/work"
mount -t overlay -o "lowerdir=/etc,upperdir=$scratch/over/up,workdir=$scratch/over/work" none /etc || exit 1
mkdir -p /run/credentials/gradmq /run/bin /etc/gradmq
install -d -m 2770 -g 65532 /var/lib/gradmq
install -t /run/bin "$GRADMQ_BUILD"/bin/{gradmqd,gradmq,gradmq-digits} "$GRADMQ_BUILD/lib/libgradmq.so.0"
install -D -m 644 bindings/examples/digits/digits.csv /run/digits.csv
export PATH=/run/bin:$PATH LD_LIBRARY_PATH=/run/bin CREDENTIALS_DIRECTORY=/run/credentials/gradmq
echo '127.0.0.1 localhost gradmq' > /etc/hosts

volume /run/keys/server 0440 "$keys/server/server.secret"
volume /run/keys/admin 0440 "$keys/admin/admin.secret" "$keys/admin/server.public"
volume /run/keys/worker 0440 "$keys/worker/worker.secret" "$keys/worker/server.public"
volume /etc/gradmq/authorised 0644 "$keys"/server/authorised/{worker,admin}.public
python3 tests/deploy/manifests/pods.py "$manifests" config > /etc/gradmq/gradmqd.conf

command_of StatefulSet/gradmq
"${confined[@]}" /run/keys/server gradmqd "${words[@]}" > "$scratch/gradmqd.log" 2>&1 < /dev/null &
daemon=$!
trap 'kill -TERM "$daemon" 2> /dev/null; wait' EXIT
soon answers 200 healthz
answers 503 readyz || fail "it is ready without a model"

command_of Job/digits-prepare
"${confined[@]}" /run/keys/admin "${words[@]//\/usr\/share\/gradmq/\/run}" > "$scratch/prepare.log" 2>&1 || fail "no model is loaded"
soon answers 200 readyz
command_of Job/digits
workers=()
for index in 0 1 2 3; do
    JOB_COMPLETION_INDEX=$index "${confined[@]}" /run/keys/worker "${words[@]//\/usr\/share\/gradmq/\/run}" \
        > "$scratch/worker$index.log" 2>&1 < /dev/null &
    workers+=($!)
done
wait "${workers[@]}" || fail "a worker fails"
soon applied 8000

# A key is taken out of the ConfigMap, and nobody has to tell the broker.
ask /run/keys/worker worker > "$scratch/ask.log" 2>&1 || fail "a worker's key is refused"
volume /etc/gradmq/authorised 0644 "$keys/server/authorised/admin.public"
soon refused
ask /run/keys/admin admin > "$scratch/ask.log" 2>&1 || fail "the admin's key is gone too"

kill -TERM "$daemon"
wait "$daemon" || fail "gradmqd ends with $?"
trap - EXIT
[ -n "$(find /var/lib/gradmq -name '*.safetensors')" ] || fail "no last checkpoint: $(ls -l /var/lib/gradmq)"
