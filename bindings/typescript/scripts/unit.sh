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

no_hosts () {
    ! grep -nE '://|"resolved"' package-lock.json
}

packs () {
    npm pack --dry-run --json --ignore-scripts > out/pack.json \
        && node -e '
            const { files } = JSON.parse(require("fs").readFileSync("out/pack.json", "utf8"))[0];
            const names = files.map((file) => file.path);
            for (const needed of ["dist/index.js", "dist/index.d.ts", "dist/worker/lease-thread.js", "README.md"])
                if (!names.includes(needed)) throw new Error(`the package lacks ${needed}`);
            const strange = names.filter((name) => !/^(dist\/|README\.md$|LICENSE$|package\.json$)/.test(name));
            if (strange.length) throw new Error(`the package has ${strange}`);'
}

check lint/biome node_modules/.bin/biome ci
check lint/types node_modules/.bin/tsc -p tsconfig.test.json --noEmit
if command -v shellcheck > /dev/null 2>&1; then
    check lint/shell shellcheck -x -P ../.. tasks.sh scripts/unit.sh
else
    echo "skip lint/shell: shellcheck is not installed"
fi
check package/lock-file-names-no-hosts no_hosts
check package/contents packs
node --test --test-reporter=./out/test/support/reporter.js out/test/unit/*.test.js || status=1
exit "$status"
