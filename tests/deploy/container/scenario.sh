#!/usr/bin/env bash
# The compose file's training in a root folder, in namespaces of its own: test_container.sh runs it.
#
#   scenario.sh ROOT SCRATCH
#
# Where ROOT is empty it becomes what the image would be, of this machine's /usr and /etc, which stay as they are, and
# what was built in $GRADMQ_BUILD.
set -eu
root=$1
scratch=$2
container=deploy/container

# layer FOLDER: this machine's, to be written over.
layer () {
    mkdir -p "$root/$1" "$scratch/over/$1" "$scratch/work/$1"
    mount -t overlay -o "lowerdir=/$1,upperdir=$scratch/over/$1,workdir=$scratch/work/$1" none "$root/$1"
}

make_root () {
    local folder
    mount -t tmpfs none "$scratch"
    layer usr
    layer etc
    for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$root/$folder"; done
    mkdir -p "$root"/{dev,proc,tmp,run}
    install -s -D -t "$root/usr/bin" "$GRADMQ_BUILD"/bin/{gradmqd,gradmq,gradmq-digits}
    install -s -D -m 644 -t "$root/usr/lib" "$GRADMQ_BUILD/lib/libgradmq.so.0"
    install -D -m 644 -t "$root/usr/share/gradmq" bindings/examples/digits/digits.csv
    install -D -t "$root/usr/libexec/gradmq" "$container/healthy.sh" "$container/make-keys.sh"
    install -D -m 644 -t "$root/etc/gradmq" "$container/gradmqd.conf"
    # What the image's own line makes.
    sed -n 's/^RUN install -d \(.*\)/\1/p' "$container/Dockerfile" | while read -r _ mode _ owner _ group folders; do
        for folder in $folders; do install -d -m "$mode" -o "$owner" -g "$group" "$root$folder"; done
    done
}

ip link set lo up
if [ -z "$(ls "$root")" ]; then make_root; fi
for folder in dev proc; do mount --rbind "/$folder" "$root/$folder"; done
echo '127.0.0.1 broker localhost' > "$root/etc/hosts"
mkdir -p "$scratch/run"
python3 tests/deploy/container/compose.py "$root" "$scratch/run" "$container/compose.yaml" "$container/Dockerfile"
