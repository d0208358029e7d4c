#!/usr/bin/env bash
# What the project asks of every binding, for Go: tests/bindings/README.md says what each task does.
set -u -o pipefail
self=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) || exit 1
root=$(cd "$self/../.." && pwd) || exit 1
out=$root/build/bindings/go
GRADMQ_BIN=${GRADMQ_BIN:-$root/build/bin}
case $GRADMQ_BIN in /*) ;; *) GRADMQ_BIN=$PWD/$GRADMQ_BIN ;; esac
export GRADMQ_BIN

usage () {
    echo "usage: tasks.sh build | conformance | behaviour | unit | digits OPTION... | push OPTION..." >&2
    exit 2
}

# The packages that hold tests of what is in them, and not the suites.
own_packages () {
    go list ./... | grep -v -e '/conformance$' -e '/behaviour$'
}

need_toolchain () {
    local version
    if ! version=$(cd / && go env GOVERSION 2> /dev/null); then
        echo "bindings/go: there is no go command; install Go 1.24 or newer" >&2
        exit 77
    fi
    case $version in
        go1.[0-9] | go1.[0-9].* | go1.1[0-9]* | go1.2[0-3] | go1.2[0-3][!0-9]*)
            echo "bindings/go: this is $version; Go 1.24 or newer is needed" >&2
            exit 77
            ;;
    esac
}

build () {
    # shellcheck source=deploy/packages.sh
    . "$root/deploy/packages.sh"
    gradmq_need gcc libc6-dev pkg-config libzmq3-dev protobuf-compiler || return 1
    mkdir -p "$out" || return 1
    go build -o "$out/oklines" ./internal/oklines || return 1
    #  The linter may need a newer Go than the package.
    GOTOOLCHAIN=local go build -o "$out/staticcheck" -modfile=tools.mod honnef.co/go/tools/cmd/staticcheck \
        2> /dev/null || rm -f "$out/staticcheck"
    go build -o "$out/digits" ./examples/digits || return 1
    go build -o "$out/push" ./internal/push || return 1
    go test -c -o "$out/conformance.test" ./conformance || return 1
    go test -c -o "$out/behaviour.test" ./behaviour || return 1
}

#   suite PACKAGE TIMEOUT: run its tests, a line each.
suite () {
    go test -json -count=1 -parallel 4 -timeout "$2" "$1" | "$out/oklines" -strip 1
}

# A check that is silent when all is well, as a test of its own name.
#   check NAME COMMAND...
check () {
    local name=$1 said
    shift
    if said=$("$@" 2>&1) && [ -z "$said" ]; then
        echo "ok $name"
    else
        printf '%s\n' "$said" | sed 's/^/    /'
        echo "not ok $name"
        return 1
    fi
}

# The committed messages are what the schema makes, but for the versions of the tools.
check_generated () {
    local fresh
    fresh=$(mktemp -d) || return 1
    ./generate.sh "$fresh" && diff -r -I '^// 	protoc' internal/gradmqpb "$fresh"
    local status=$?
    rm -rf "$fresh"
    return "$status"
}

unit () {
    local failed=0
    check format "$(go env GOROOT)/bin/gofmt" -l . || failed=1
    check vet go vet ./... || failed=1
    if [ -x "$out/staticcheck" ]; then
        check staticcheck "$out/staticcheck" ./... || failed=1
    else
        echo "skip staticcheck: it does not build with $(go env GOVERSION)"
    fi
    check generated check_generated || failed=1
    # shellcheck disable=SC2046  # a list of packages
    go test -json -count=1 -race -timeout 10m $(own_packages) | "$out/oklines" -package || failed=1
    return "$failed"
}

[ $# -ge 1 ] || usage
task=$1
shift
case $task in
    digits | push)
        if [ ! -x "$out/$task" ]; then
            echo "bindings/go: $out/$task is not there; run tasks.sh build first" >&2
            exit 1
        fi
        exec "$out/$task" "$@"
        ;;
esac
need_toolchain
cd "$self" || exit 1
case $task in
    build) build ;;
    conformance) suite ./conformance 5m ;;
    behaviour) suite ./behaviour 10m ;;
    unit) unit ;;
    *) usage ;;
esac
