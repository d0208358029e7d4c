#!/usr/bin/env bash
# deploy/container: compose.yaml is read as Compose reads it, and what it says is run as the image's user with the
# image's files, keys and all, and the network learns. That takes this machine's own libraries; with
# GRADMQ_TEST_LONG=true the image itself is built from Debian's packages by buildah, without an engine (300 MB, some
# minutes), and the same is run in it.
set -u
: "${GRADMQ_TEST_LONG:=false}"
# shellcheck source=tests/deploy/fixture.sh
. tests/deploy/fixture.sh
need_packages python3-yaml iproute2
tests/deploy/namespaces.sh || exit 78
buildah=(buildah --storage-driver vfs --root "$scratch/images" --runroot "$scratch/images.run")
container=
finish () {
    [ -z "$container" ] || "${buildah[@]}" umount "$container" > /dev/null 2>&1
    rm -rf "$scratch"
}

# trains ROOT: the whole of the compose file, and what came of it.
trains () {
    mkdir -p "$scratch/work"
    unshare -m -n bash tests/deploy/container/scenario.sh "$1" "$scratch/work" > "$scratch/out" 2>&1 \
        || fail "the compose file does not train"
    grep -qE "8000/8000 .* accuracy 0\.9" "$scratch/out" || fail "nothing was learned"
}

# The files that are copied are there, and are not kept from the build.
python3 - << 'P' > "$scratch/out" 2>&1 || fail "Dockerfile and .dockerignore do not agree"
import re, pathlib
kept = [line[1:] for line in pathlib.Path(".dockerignore").read_text().splitlines() if line.startswith("!")]
text = pathlib.Path("deploy/container/Dockerfile").read_text()
for sources in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.M):
    for source in sources.split():
        assert pathlib.Path(source).exists(), f"{source} is not there"
        assert source == "." or any(source == k or source.startswith(k + "/") for k in kept), f"{source} is ignored"
assert all(pathlib.Path(k).exists() for k in kept), "something that is kept is not there"
assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", text, re.M), "no user by number"
P

# The file is one of Compose's: a field that its schema has not is refused.
command -v go > /dev/null || { echo "there is no go command; install Go 1.23 or newer"; exit 77; }
(cd tests/deploy/manifests && GOFLAGS=-mod=readonly GOTOOLCHAIN=local go build -o "$scratch/compose.check" ./compose) \
    > "$scratch/out" 2>&1 || fail "the check cannot be built"
"$scratch/compose.check" deploy/container/compose.yaml > "$scratch/out" 2>&1 || fail "the compose file is wrong"
sed 's/stop_grace_period/stop_grace/' deploy/container/compose.yaml > "$scratch/compose.yaml"
if "$scratch/compose.check" "$scratch/compose.yaml" > "$scratch/out" 2>&1; then fail "an unknown field is taken"; fi
grep -q stop_grace "$scratch/out" || fail "an unknown field is not named"

mkdir "$scratch/root"
trains "$scratch/root"
[ "$GRADMQ_TEST_LONG" = true ] || exit 0

need_packages buildah crun mmdebstrap
mmdebstrap --variant=minbase bookworm "$scratch/base.tar" > "$scratch/out" 2>&1 || fail "no base"
printf 'FROM scratch\nADD base.tar /\nCMD ["/bin/bash"]\n' > "$scratch/Dockerfile"
"${buildah[@]}" bud --isolation chroot --format docker -f "$scratch/Dockerfile" -t localhost/base "$scratch" \
    > "$scratch/out" 2>&1 || fail "no image of the base"
"${buildah[@]}" bud --isolation chroot --format docker -f deploy/container/Dockerfile --build-arg BASE=localhost/base \
    -t localhost/gradmq . > "$scratch/out" 2>&1 || fail "the image cannot be built"
"${buildah[@]}" inspect --type image localhost/gradmq > "$scratch/image.json" 2> "$scratch/out" || fail "no image"
python3 - "$scratch/image.json" << 'P' > "$scratch/out" 2>&1 || fail "the image is not as it should be"
import json, sys
config = json.load(open(sys.argv[1]))["Docker"]["config"]
assert config["User"] == "65532:65532", config["User"]
assert config["StopSignal"] == "SIGTERM", config
assert config["Healthcheck"]["Test"] == ["CMD", "/usr/libexec/gradmq/healthy.sh"], config["Healthcheck"]
assert config["Entrypoint"] == ["/usr/bin/gradmqd"] and set(config["Volumes"]) == {"/var/lib/gradmq"}, config
P
container=$("${buildah[@]}" from localhost/gradmq 2> "$scratch/out") || fail "no container"
root=$("${buildah[@]}" mount "$container" 2> "$scratch/out") || fail "the image cannot be mounted"
for program in gcc cmake cc; do
    [ ! -e "$root/usr/bin/$program" ] || fail "the image has a $program"
done
size=$(($(du -smx "$root" | cut -f 1) - $(du -sm "$scratch/base.tar" | cut -f 1)))
[ "$size" -lt 160 ] || fail "the image has $size MB more than its base"
trains "$root"
