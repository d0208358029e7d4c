#!/usr/bin/env bash
# What every binding has: tests/bindings/README.md.
#   tasks.sh build | conformance | behaviour | unit | digits OPTION... | push OPTION...
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
export GRADMQ_BIN=${GRADMQ_BIN:-$root/build/bin}

if ! command -v node > /dev/null 2>&1 || ! command -v npm > /dev/null 2>&1; then
    echo "bindings/typescript: node and npm are needed, of Node.js 20 or newer" >&2
    exit 77
fi
if [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 20')" != true ]; then
    echo "bindings/typescript: Node.js 20 or newer is needed, and this is $(node --version)" >&2
    exit 77
fi

# shellcheck source=deploy/packages.sh
. "$root/deploy/packages.sh"

# quietly COMMAND...: what it says is shown only when it fails.
quietly () {
    local log
    log=$(mktemp)
    if ! "$@" > "$log" 2>&1 < /dev/null; then
        cat "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}

# What a build is made from: nothing is done where it has not changed since the last one.
stamp () {
    (cd "$root" && cat bindings/typescript/package*.json bindings/typescript/tsconfig*.json schemas/gradmq/v1/*.proto \
        && cd "$here" && find src test examples scripts -path src/gen -prune -o -name '*.ts' -print0 | sort -z | xargs -0 cat) | sha256sum
}

# ZeroMQ is native code, which comes ready-made inside the package for glibc and musl on x64 and arm64.
zeromq_loads () {
    (cd "$here" && node -e 'require("zeromq")') > /dev/null 2>&1
}

install_packages () {
    [ "$here/node_modules/.package-lock.json" -nt "$here/package-lock.json" ] \
        || (cd "$here" && quietly npm ci --ignore-scripts)
    zeromq_loads && return 0
    # Made from source, against the system's libzmq. CMake and headers of node are needed for it.
    gradmq_need g++ cmake ninja-build pkg-config libzmq3-dev libsodium-dev
    (cd "$here" && npm_config_zmq_shared=true npm_config_build_from_source=true quietly npm rebuild zeromq)
    zeromq_loads || { echo "bindings/typescript: no ZeroMQ for this machine, ready-made or built" >&2; return 1; }
}

generate () {
    gradmq_need protobuf-compiler
    mkdir -p "$here/src/gen"
    (cd "$root/schemas" && quietly protoc --plugin="protoc-gen-es=$here/node_modules/.bin/protoc-gen-es" \
        --es_out="$here/src/gen" --es_opt=target=ts,import_extension=js gradmq/v1/*.proto)
}

build () {
    local now
    now=$(stamp)
    [ "$(cat "$here/out/stamp" 2> /dev/null)" = "$now" ] && zeromq_loads && return 0
    install_packages
    generate
    cd "$here"
    rm -rf dist out
    quietly node_modules/.bin/tsc -p tsconfig.json
    quietly node_modules/.bin/tsc -p tsconfig.test.json
    printf '%s\n' "$now" > out/stamp
}

need_build () {
    [ -f "$here/out/stamp" ] || { echo "bindings/typescript: first, tasks.sh build" >&2; exit 1; }
}

task=${1:-}
[ $# -eq 0 ] || shift
case $task in
    build) build ;;
    conformance) need_build; exec node "$here/out/test/conformance/run.js" ;;
    behaviour) need_build; exec node "$here/out/test/behaviour/run.js" "$@" ;;
    unit) need_build; exec bash "$here/scripts/unit.sh" ;;
    digits) need_build; exec node "$here/out/examples/digits/main.js" "$@" ;;
    push) need_build; exec node "$here/out/scripts/push.js" "$@" ;;
    *) sed -n '2,3s/^# *//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
