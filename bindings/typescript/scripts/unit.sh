#!/usr/bin/env bash
# Formatter, linter, types and the unit tests: `ok NAME` or `not ok NAME`, a line each.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
status=0

# check NAME COMMAND...
check () {
    local name=$1 said
    shift
    if said=$("$@" 2>&1); then
        echo "ok $name"
    else
        printf '%s\n' "$said" | sed 's/^/    /'
        echo "not ok $name"
        status=1
    fi
}

check lint/biome node_modules/.bin/biome ci
check lint/types node_modules/.bin/tsc -p tsconfig.test.json --noEmit
if command -v shellcheck > /dev/null 2>&1; then
    check lint/shell shellcheck -x -P ../.. tasks.sh scripts/unit.sh
else
    echo "skip lint/shell: shellcheck is not installed"
fi
node --test --test-reporter=./out/test/support/reporter.js out/test/unit/*.test.js || status=1
exit "$status"
