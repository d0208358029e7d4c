#!/usr/bin/env bash
# Every C and C++ source is as clang-format-14 writes it.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
command -v clang-format-14 > /dev/null || { echo "clang-format-14 is missing"; exit 77; }
. tests/style/files.sh
sources '*.c' '*.h' '*.cpp' | xargs -0 -r clang-format-14 --dry-run -Werror
