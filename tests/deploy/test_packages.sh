#!/usr/bin/env bash
# Debian packages: made by CPack from a build of their own, with nothing that lintian calls an error; installed into a
# clean root file system by apt, run there, upgraded, removed and purged; and what is in -dev compiles programs.
set -u
# shellcheck source=tests/deploy/fixture.sh
. tests/deploy/fixture.sh
need_packages lintian dpkg-dev mmdebstrap
[ "$(id -u)" -eq 0 ] || { echo "a root file system cannot be entered but by root"; exit 78; }
root=$scratch/root
daemon=
finish () {
    [ -z "$daemon" ] || kill -KILL "$daemon" 2> /dev/null
    wait 2> /dev/null
    rm -rf "$scratch"
}

# A build that has the tests' places to die is not packaged.
grep -q '^GRADMQ_TESTS:BOOL=ON$' "$GRADMQ_BUILD/CMakeCache.txt" || fail "$GRADMQ_BUILD is no build with tests"
(cd "$GRADMQ_BUILD" && cpack -G DEB -B "$scratch/none") > "$scratch/out" 2>&1 && fail "a build with tests is packaged"
grep -q 'cmake --preset package' "$scratch/out" || fail "it does not say what to do"

export DEBFULLNAME="A builder" DEBEMAIL=builder@packages.test
rm -rf build/package/packages
{ cmake --preset package && cmake --build --preset package && cpack --preset package; } > "$scratch/out" 2>&1 < /dev/null \
    || fail "no packages are made"
packages=("$PWD"/build/package/packages/*.deb)
[ ${#packages[@]} -eq 3 ] || fail "there are ${#packages[@]} packages, not 3"
lintian --allow-root --fail-on error "${packages[@]}" > "$scratch/out" 2>&1 || fail "lintian finds errors"

# A clean root, where apt finds what they need.
mkdir "$scratch/debs" && cp "${packages[@]}" "$scratch/debs/"
mmdebstrap --variant=apt "--customize-hook=copy-in '$scratch/debs' /var/tmp" \
    "--customize-hook=chroot \"\$1\" sh -c 'apt-get install -y --no-install-recommends /var/tmp/debs/*.deb'" \
    "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$root" > "$scratch/out" 2>&1 || fail "they cannot be installed"
rm -rf "$root/var/tmp/debs"
within () {
    chroot "$root" "$@" > "$scratch/out" 2>&1
}
within gradmq version || fail "gradmq does not run"
within gradmqd --config /etc/gradmq/gradmqd.conf --check || fail "gradmqd refuses its configuration"
[ "$(chroot "$root" stat -c %U /var/lib/gradmq)" = gradmq ] || fail "there is no user, or its folder is not there"
for page in man1/gradmq.1.gz man8/gradmqd.8.gz; do
    gzip -dc "$root/usr/share/man/$page" 2> "$scratch/out" | grep -q '^\.TH ' || fail "there is no page $page"
done
[ -s "$root/usr/share/bash-completion/completions/gradmq" ] || fail "bash cannot complete gradmq"
mkdir "$root/run/gradmq"
sockets=()
for socket in control gradients updates events; do
    sockets+=(--set "sockets/$socket=ipc:///run/gradmq/$socket")
done
ask () {
    within gradmq "$@" --control ipc:///run/gradmq/control --timeout 20000 || fail "gradmq $1: $(cat "$scratch/out" "$scratch/log")"
}
# run_with STATE: it comes up in that one.
run_with () {
    chroot "$root" gradmqd --config /etc/gradmq/gradmqd.conf "${sockets[@]}" --set http/listen=127.0.0.1:0 > "$scratch/log" 2>&1 < /dev/null &
    daemon=$!
    ask status
    grep -qw "$1" "$scratch/out" || fail "it is not $1: $(cat "$scratch/out")"
}
end () {
    kill -TERM "$daemon"
    wait "$daemon" || fail "it ends with $?"
    daemon=
}
run_with EMPTY
grep -q 'http://127.0.0.1' "$scratch/log" || fail "it has no page: $(cat "$scratch/log")"
{ printf '\x36\0\0\0\0\0\0\0' && printf '{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}' && head -c 8 /dev/zero; } > "$root/tmp/model"
ask load /tmp/model --start
end

# Upgraded: the model runs on, the operator's words in the configuration stay.
echo '# of the operator' >> "$root/etc/gradmq/gradmqd.conf"
mkdir "$root/var/tmp/later"
for package in "${packages[@]}"; do
    version=$(dpkg-deb -f "$package" Version)
    rm -rf "$scratch/later"
    dpkg-deb -R "$package" "$scratch/later"
    sed -i "s/$version/$version+later/g" "$scratch/later/DEBIAN/control"
    dpkg-deb -b "$scratch/later" "$root/var/tmp/later" > "$scratch/out" 2>&1 || fail "no later package is made"
done
within sh -c 'dpkg -i /var/tmp/later/*.deb < /dev/null' || fail "they cannot be upgraded"
rm -r "$root/var/tmp/later"
within dpkg -s gradmq
grep -q '^Version: .*+later$' "$scratch/out" || fail "gradmq is not upgraded"
grep -q '^# of the operator$' "$root/etc/gradmq/gradmqd.conf" || fail "the upgrade took the configuration away"
run_with RUNNING
grep -q 'resumed model' "$scratch/log" || fail "it does not go on from what is there"
end

# Removed and purged, nothing stays but state and the folder of keys.
within dpkg --purge gradmq libgradmq-dev libgradmq0 || fail "they cannot be purged"
left=$(cd "$root" && find . -xdev -name '*gradmq*' -not -path './proc/*' -not -path './run/*' | sort | tr '\n' ' ')
[ "$left" = "./etc/gradmq ./var/lib/gradmq " ] || fail "these stay: $left"

# A program is compiled with what -dev has, by pkg-config and by CMake.
mkdir "$scratch/dev" "$scratch/outside"
for package in "${packages[@]}"; do
    dpkg-deb -x "$package" "$scratch/dev"
done
cat > "$scratch/outside/outside.c" << 'C'
#include <gradmq.h>
#include <stdio.h>
int
main (void)
{
    return printf ("%s\n", gradmq_err_name (GRADMQ_ERR_EPOCH)) < 0;
}
C
cat > "$scratch/outside/CMakeLists.txt" << 'C'
cmake_minimum_required (VERSION 3.25)
project (outside LANGUAGES C)
find_package (gradmq REQUIRED)
add_executable (outside outside.c)
target_link_libraries (outside PRIVATE gradmq::gradmq)
C
libraries=$(dirname "$(find "$scratch/dev" -name libgradmq.so)")
# shellcheck disable=SC2046  # a list of words
PKG_CONFIG_PATH=$libraries/pkgconfig cc "$scratch/outside/outside.c" -o "$scratch/outside/by-pkg-config" \
    $(PKG_CONFIG_PATH=$libraries/pkgconfig pkg-config --cflags --libs gradmq) > "$scratch/out" 2>&1 || fail "pkg-config does not do"
cmake -G Ninja -S "$scratch/outside" -B "$scratch/outside/build" "-DCMAKE_PREFIX_PATH=$scratch/dev/usr" > "$scratch/out" 2>&1 \
    || fail "CMake does not find it"
cmake --build "$scratch/outside/build" > "$scratch/out" 2>&1 || fail "CMake does not build with it"
for program in "$scratch/outside/by-pkg-config" "$scratch/outside/build/outside"; do
    [ "$(LD_LIBRARY_PATH=$libraries "$program")" = EPOCH ] || fail "$program does not run"
done
