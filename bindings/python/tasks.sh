#!/usr/bin/env bash
# Builds and tests the Python library; tests/bindings/README.md says what each task does.
#   tasks.sh build | conformance | behaviour | unit | digits OPTION... | push OPTION...
set -u

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) || exit 1
root=$(cd "$here/../.." && pwd) || exit 1
venv=$root/build/bindings/python/venv
stamp=$root/build/bindings/python/installed
export GRADMQ_BIN=${GRADMQ_BIN:-$root/build/bin}
export PYTHONDONTWRITEBYTECODE=1

if ! command -v python3 > /dev/null 2>&1 \
    || ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2> /dev/null; then
    echo "tasks.sh: Python 3.10 or newer is needed, and python3 is not that" >&2
    exit 77
fi

pip () {
    "$venv/bin/python" -m pip --quiet --disable-pip-version-check "$@"
}

# What is built from changed.
changed () {
    [ ! -f "$stamp" ] || [ -n "$(find "$here/src" "$here/pyproject.toml" "$here/hatch_build.py" \
        "$root/schemas/gradmq" -newer "$stamp" -type f ! -name schema.binpb ! -name '*.pyc' -print -quit)" ]
}

build () {
    if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -m pip --version > /dev/null 2>&1; then
        if ! python3 -c 'import ensurepip, venv' > /dev/null 2>&1; then
            # shellcheck source=/dev/null
            . "$root/deploy/packages.sh"
            gradmq_need python3-venv || return 1
        fi
        mkdir -p "$root/build/bindings/python" && python3 -m venv "$venv" || return 1
        rm -f "$stamp"
    fi
    changed || return 0
    pip install 'hatchling>=1.21' 'grpcio-tools>=1.59' || return 1
    pip install --no-build-isolation "${here}[test]" || return 1
    touch "$stamp"
}

run () {
    if [ ! -x "$venv/bin/python" ]; then
        echo "tasks.sh: build comes first: $here/tasks.sh build" >&2
        return 1
    fi
    "$venv/bin/python" "$@"
}

task=${1:-}
[ $# -gt 0 ] && shift
case $task in
    build) build ;;
    conformance) run "$here/tests/run_conformance.py" ;;
    behaviour) run "$here/tests/run_behaviour.py" "$@" ;;
    unit) run "$here/tests/run_unit.py" ;;
    digits) run "$here/examples/digits.py" "$@" ;;
    push) run "$here/tests/push.py" "$@" ;;
    *)
        sed -n '2,3s/^# *//p' "${BASH_SOURCE[0]}" >&2
        exit 2
        ;;
esac
status=$?
[ "$status" -eq 0 ] || exit 1
