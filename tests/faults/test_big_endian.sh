#!/usr/bin/env bash
# The promise: what stands on the wire does not depend on the machine's byte order. Every golden vector of a frame or
# a layout is decoded and encoded by our code compiled for s390x, a big-endian processor, under its emulator.
# Payloads are little-endian too, but are computed on where they stand: a build for such a machine is refused,
# and says why.
set -u
: "${GRADMQ_BUILD:=$PWD/build}"
# shellcheck source=deploy/packages.sh
. deploy/packages.sh
gradmq_need qemu-user-static gcc-s390x-linux-gnu libc6-dev-s390x-cross mmdebstrap || exit 77
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
root=$scratch/root
. /etc/os-release
mmdebstrap --variant=extract --architectures=s390x --include=libc6-dev,libprotobuf-c-dev,libjansson-dev,libsodium-dev \
    "$VERSION_CODENAME" "$root" > "$scratch/log" 2>&1 \
    || { echo "no libraries for s390x can be had here: $(tail -n 1 "$scratch/log")"; exit 78; }

compile=(s390x-linux-gnu-gcc "--sysroot=$root" -std=c11 -D_GNU_SOURCE -O1 -ffp-contract=off -Ibroker "-I$GRADMQ_BUILD/schemas")
if "${compile[@]}" -c broker/tensor/f32.c -o "$scratch/f32.o" > "$scratch/log" 2>&1; then
    echo "payloads are compiled for a big-endian machine"
    exit 1
fi
grep -q 'static assertion failed: "payloads are little-endian' "$scratch/log" || { cat "$scratch/log"; exit 1; }

"${compile[@]}" -DGRADMQ_FRAMES_ONLY broker/{core,settings,tensor,wire}/*.c "$GRADMQ_BUILD"/schemas/gradmq/v1/*.pb-c.c \
    tests/conformance/{main,compare,headers,layouts,vector}.c -o "$scratch/vectors" \
    -lprotobuf-c -ljansson -lsodium -lm -lpthread > "$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
for subject in gradient update event request reply layout; do
    qemu-s390x-static -L "$root" "$scratch/vectors" "$subject" "schemas/vectors/$subject.json" > "$scratch/log" 2>&1 \
        || { cat "$scratch/log"; exit 1; }
    tail -n 1 "$scratch/log"
done
