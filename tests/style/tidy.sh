#!/usr/bin/env bash
# clang-tidy over our own sources, as the plain build compiles them: tidy.sh JOBS
# A file that was clean is not looked at again until it, a header, a table or a check changes.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
command -v clang-tidy-14 > /dev/null || { echo "clang-tidy-14 is missing"; exit 77; }
. tests/style/files.sh

clean=build/style/tidy
mkdir -p "$clean"
common=$({ clang-tidy-14 --version; cat .clang-tidy tests/.clang-tidy cmake/*.cmake
    sources '*.h' '*.def' '*.proto' | xargs -0 cat; } | sha256sum)
export clean common

check () {
    local stamp
    stamp=$clean/$({ echo "$common $1"; cat "$1"; } | sha256sum | cut -c 1-32)
    [ ! -e "$stamp" ] || return 0
    if clang-tidy-14 -p build --quiet "$1" > "$stamp.found" 2> "$stamp.err"; then
        mv "$stamp.found" "$stamp"
        rm -f "$stamp.err"
        return 0
    fi
    # The findings; the way to each is shown by clang-tidy-14 -p build FILE.
    grep -E ' (error|warning): ' "$stamp.found" || cat "$stamp.found" "$stamp.err"
    rm -f "$stamp.found" "$stamp.err"
    return 1
}
export -f check

# Only what the build compiles has a command to look at.
# shellcheck disable=SC2016  # the shell that is started expands it
python3 - << 'PY' | xargs -0 -r -n 1 -P "${1:-1}" bash -c 'check "$1"' check
import json, os
here = os.getcwd()
with open("build/compile_commands.json", encoding="utf-8") as commands:
    files = {os.path.relpath(row["file"], here) for row in json.load(commands)}
for file in sorted(files):
    if file.endswith(".c") and not file.startswith("build/"):
        print(file, end="\0")
PY
