#!/usr/bin/env bash
# Every shell script passes bash's own parser and shellcheck.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
command -v shellcheck > /dev/null || { echo "shellcheck is missing"; exit 77; }
. tests/style/files.sh
# Sourced files have no first line that names a shell.
sources '*.sh' '*.sbatch' .ci/run | xargs -0 -r shellcheck --shell=bash --external-sources --source-path=SCRIPTDIR --source-path=.
