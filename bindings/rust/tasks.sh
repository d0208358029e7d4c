#!/usr/bin/env bash
# Builds, tests and uses the Rust binding: tasks.sh TASK [OPTION]... (tests/bindings/README.md has the tasks)
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/bindings/rust
export CARGO_TARGET_DIR=$root/build/bindings/rust
export GRADMQ_BIN=${GRADMQ_BIN:-$root/build/bin}
programs=$CARGO_TARGET_DIR/debug

if ! command -v cargo > /dev/null 2>&1; then
    echo "rust: there is no cargo on this machine; rustup.rs tells how to install it" >&2
    exit 77
fi

# shellcheck source=deploy/packages.sh
. "$root/deploy/packages.sh"

# The folder that cargo calls its own is where it is started.
in_crate () {
    (cd "$here" && "$@")
}

build () {
    gradmq_need gcc libc6-dev pkg-config libzmq3-dev || exit 1
    in_crate cargo build --quiet --all-targets --all-features
}

# The newest program that cargo made of a test.
test_program () {
    in_crate cargo test --quiet --all-features --no-run --message-format=json "$@" 2> /dev/null \
        | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1
}

# check NAME COMMAND...: one line for a command that is silent when all is well.
check () {
    local name=$1 log line status=0
    shift
    log=$(in_crate "$@" 2>&1) || status=$?
    if [ "$status" -eq 0 ]; then
        echo "ok $name"
        return 0
    fi
    while IFS= read -r line; do echo "    $line"; done <<< "$log"
    echo "not ok $name"
    return 1
}

# Lines of Rust's own harness as those of tests/bindings/README.md.
retold () {
    sed -E 's/^test (\S+) - .*\(line ([0-9]+)\)( - compile)? \.\.\. ok$/ok \1:\2/
            s/^test (\S+) \.\.\. ok$/ok \1/
            s/^test (\S+) - .*\(line ([0-9]+)\)( - compile)? \.\.\. FAILED$/not ok \1:\2/
            s/^test (\S+) \.\.\. FAILED$/not ok \1/
            t
            s/^(ok|not ok|skip) /    &/'
}

unit () {
    local status=0
    check fmt cargo fmt --check || status=1
    check clippy cargo clippy --quiet --all-targets --all-features -- -D warnings || status=1
    RUSTDOCFLAGS="-D warnings" check doc cargo doc --quiet --no-deps --all-features || status=1
    check package "$here/tests/package.sh" || status=1
    in_crate cargo test --quiet --all-features --lib -- --format pretty 2>&1 | retold || status=1
    in_crate cargo test --quiet --all-features --doc -- --format pretty 2>&1 | retold || status=1
    return "$status"
}

task=${1:-}
[ $# -eq 0 ] || shift
case $task in
    build) build ;;
    conformance | behaviour) in_crate "$(test_program --test "$task")" "$@" ;;
    unit) unit ;;
    digits | push) exec "$programs/examples/$task" "$@" ;;
    *)
        echo "usage: tasks.sh build | conformance | behaviour | unit | digits OPTION... | push OPTION..." >&2
        exit 2 ;;
esac
