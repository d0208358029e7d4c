#!/usr/bin/env bash
# cppcheck over the plain build's compile commands: cppcheck.sh JOBS
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
command -v cppcheck > /dev/null || { echo "cppcheck is missing"; exit 77; }
mkdir -p build/style/cppcheck
# cppcheck 2.10 takes no --cppcheck-build-dir entries from another version, so it has its own folder.
cppcheck --quiet --error-exitcode=1 -j "${1:-1}" --std=c11 --inline-suppr \
    --enable=warning,performance,portability \
    --suppressions-list=tests/style/cppcheck.txt \
    --cppcheck-build-dir=build/style/cppcheck \
    --project=build/compile_commands.json -i "$PWD/build"
