#!/usr/bin/env bash
# deploy/systemd for real: a small Debian of the test's own is booted in a container with the unit as it is shipped,
# and tests/deploy/boot/inside.sh tries there what systemd and the daemon promise each other. The Debian is kept in
# build/deploy/rootfs.tar, since it takes half a minute to make.
set -u
: "${GRADMQ_BUILD:=$PWD/build}"
# shellcheck source=deploy/packages.sh
. deploy/packages.sh
[ -x "$GRADMQ_BUILD/tests/program.thrower" ] || { echo "build with -DGRADMQ_TESTS=ON"; exit 77; }
gradmq_need mmdebstrap systemd-container > /dev/null || exit 77
tests/deploy/namespaces.sh || exit 78
scratch=$(mktemp -d) || exit 1
root=$scratch/root
made=$PWD/build/deploy/made.$$.tar
machine=
finish () {
    if [ -n "$machine" ]; then
        # The machine is shut down, or ended where that takes long.
        kill -TERM "$machine" 2> /dev/null
        wait "$machine" 2> /dev/null
    fi
    rm -rf --one-file-system "$scratch" "$made"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

fail () {
    echo "$*"
    for file in "$root/boot-test/findings" "$scratch/out"; do
        [ ! -s "$file" ] || tail -n 80 "$file"
    done
    exit 1
}

# make_root: Debian with what gradmqd's programs are linked to.
make_root () {
    local kept=$PWD/build/deploy/rootfs.tar
    local packages=systemd,systemd-sysv,dbus,libczmq4,libmicrohttpd12,libopenblas0-pthread,libprotobuf-c1,libsodium23,libzmq5
    mkdir -p build/deploy "$root"
    if [ ! -e "$kept" ]; then
        mmdebstrap -q --variant=minbase --include="$packages" bookworm "$made" > "$scratch/out" 2>&1 \
            || fail "a Debian for the test cannot be made"
        mv "$made" "$kept"
    fi
    tar -C "$root" --numeric-owner --exclude='./dev/*' -xf "$kept" > "$scratch/out" 2>&1 || fail "$kept is not whole; delete it"
}

# What a package would install, and the test's own.
fill_root () {
    install -s -D -t "$root/usr/bin" "$GRADMQ_BUILD"/bin/{gradmqd,gradmq,gradmq-digits} || return 1
    install -s -D -m 644 -t "$root/usr/lib" "$GRADMQ_BUILD"/lib/libgradmq.so.0 || return 1
    install -D -m 644 -t "$root/usr/share/gradmq" bindings/examples/digits/digits.csv
    install -D -m 644 -t "$root/usr/lib/systemd/system" deploy/systemd/gradmqd.service
    install -D -m 644 deploy/systemd/gradmq.sysusers "$root/usr/lib/sysusers.d/gradmq.conf"
    install -D -m 644 deploy/systemd/gradmq.tmpfiles "$root/usr/lib/tmpfiles.d/gradmq.conf"
    install -D -m 644 -t "$root/etc/gradmq" deploy/systemd/gradmqd.conf
    install -D -t "$root/boot-test" tests/deploy/boot/inside.sh "$GRADMQ_BUILD/tests/program.thrower" || return 1
    mkdir -p "$root/var/log/journal" "$root/etc/systemd/system/gradmqd.service.d" \
        "$root/etc/systemd/system/multi-user.target.wants"
    # Nobody wants to wait for the 30 seconds that it has.
    printf '[Service]\nWatchdogSec=2\n' > "$root/etc/systemd/system/gradmqd.service.d/test.conf"
    printf '[Unit]\nAfter=gradmqd.service\n[Service]\nExecStart=/boot-test/inside.sh\n' \
        > "$root/etc/systemd/system/boot-test.service"
    ln -s /usr/lib/systemd/system/gradmqd.service /etc/systemd/system/boot-test.service \
        "$root/etc/systemd/system/multi-user.target.wants/"
}

make_root
fill_root > "$scratch/out" 2>&1 || fail "the programs cannot be installed"
timeout -k 20 240 systemd-nspawn -q -M "gradmq-boot-$$" --register=no --keep-unit --boot --private-network \
    -D "$root" > "$scratch/out" 2>&1 < /dev/null &
machine=$!
wait "$machine"
machine=
if [ ! -e "$root/boot-test/findings" ]; then
    # Whether a machine can be booted at all is another question than what becomes of the service.
    grep -q 'Welcome to' "$scratch/out" || { echo "this machine boots no container: $(tail -n 1 "$scratch/out")"; exit 78; }
    fail "the machine was booted, and the test did not run in it"
fi
[ "$(tail -n 1 "$root/boot-test/findings")" = "done" ] || fail "the service is not as it should be"
