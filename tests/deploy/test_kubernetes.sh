#!/usr/bin/env bash
# deploy/kubernetes: base and overlays are rendered and read as Kubernetes's own types, where a field that they do not
# have is refused; the configuration passes the daemon's own check; and what the laptop's pods run is run, without a
# cluster, with keys in the form and with the modes of the kubelet.
set -u
# shellcheck source=tests/deploy/fixture.sh
. tests/deploy/fixture.sh
need_packages python3-yaml iproute2 curl
command -v go > /dev/null || { echo "there is no go command; install Go 1.23 or newer"; exit 77; }
tree=$scratch/kubernetes
external=Secret/gradmq-server,ConfigMap/gradmq-authorised

copy () {
    rm -rf "$tree"
    cp -r deploy/kubernetes "$tree"
    rm -rf "$tree/overlays/laptop/keys"
    cp -r "$scratch/keys" "$tree/overlays/laptop/keys"
}

# render FOLDER EXTERNAL: into out.
render () {
    "$scratch/kubernetes.check" -external "$2" "$tree/$1" > "$scratch/out" 2>&1
}

# refuses FOLDER FILE EXPRESSION WORDS: with this sed expression done to the file, the folder is refused with these words.
refuses () {
    copy
    sed -i "$3" "$tree/$2"
    ! cmp -s "deploy/kubernetes/$2" "$tree/$2" || fail "$3 changes nothing in $2"
    if render "$1" "$external"; then fail "$2 with $3 is taken"; fi
    grep -qF -- "$4" "$scratch/out" || fail "$2 with $3 is not refused as \"$4\""
}

(cd tests/deploy/manifests && GOFLAGS=-mod=readonly GOTOOLCHAIN=local go build -o "$scratch/kubernetes.check" ./kubernetes) \
    > "$scratch/out" 2>&1 || fail "the check cannot be built"
mkdir -m 700 "$scratch"/keys{,/server,/worker,/admin}
PATH=$GRADMQ_BUILD/bin:$PATH deploy/container/make-keys.sh "$scratch"/keys/{server,worker,admin} > "$scratch/out" 2>&1 \
    || fail "no keys"
copy

# No key is in the tree.
if git ls-files deploy/kubernetes 2> /dev/null | grep -qE '\.(secret|public)$'; then fail "a key is in the tree"; fi
render base "$external" || fail "the base is wrong"
render overlays/production "$external" || fail "the production overlay is wrong"
cp "$scratch/out" "$scratch/production.yaml"
render overlays/laptop '' || fail "the laptop's overlay is wrong"
cp "$scratch/out" "$scratch/laptop.yaml"
if render overlays/production ''; then fail "keys that nobody makes are not missed"; fi

refuses base base/statefulset.yaml 's/terminationGracePeriodSeconds/terminationGracePeriodSecond/' 'unknown field "terminationGracePeriodSecond"'
refuses base base/statefulset.yaml 's/readOnlyRootFilesystem: true/readOnlyRootFilesystem: false/' 'may write to its root'
refuses base base/statefulset.yaml 's/path: \/readyz, port: http/path: \/readyz, port: htpp/' 'has no port htpp'
refuses base base/statefulset.yaml 's/replicas: 1/replicas: one/' 'StatefulSet/gradmq'
refuses base base/network.yaml 's/podSelector:/podSelectors:/' 'unknown field'
refuses base base/disruption.yaml 's/component: broker/component: broken/' 'it selects no pod'
refuses base base/monitor.yaml 's/interval: 15s/intervall: 15s/' 'unknown field'
refuses overlays/production overlays/production/broker.yaml 's/storageClassName/storageClas/' 'unknown field'
refuses overlays/laptop overlays/laptop/training.yaml 's/backoffLimit/backofLimit/' 'unknown field'

# The daemon's own check of what is in the ConfigMap, with the arguments of the StatefulSet; a wrong key is refused.
for overlay in production laptop; do
    python3 tests/deploy/manifests/pods.py "$scratch/$overlay.yaml" config > "$scratch/gradmqd.conf" || fail "no configuration"
    mapfile -d '' -t words < <(python3 tests/deploy/manifests/pods.py "$scratch/$overlay.yaml" command StatefulSet/gradmq)
    words=("${words[@]/#--config=*/--config=$scratch/gradmqd.conf}")
    "$GRADMQ_BUILD/bin/gradmqd" "${words[@]}" --check > "$scratch/out" 2>&1 || fail "$overlay: gradmqd refuses the configuration"
    sed -i 's/^    durability/    durabilty/' "$scratch/gradmqd.conf"
    if "$GRADMQ_BUILD/bin/gradmqd" "${words[@]}" --check > "$scratch/out" 2>&1; then fail "a wrong key is taken"; fi
    grep -q durabilty "$scratch/out" || fail "a wrong key is not named"
done

tests/deploy/namespaces.sh || { echo "the pods were not run"; exit 78; }
mkdir -m 755 "$scratch/cluster"
unshare -m -n bash tests/deploy/manifests/cluster.sh "$scratch/laptop.yaml" "$scratch/keys" "$scratch/cluster" \
    > "$scratch/out" 2>&1 || fail "the laptop's pods do not train"
