# shellcheck shell=bash
# What the scripts of this folder share, to be sourced: a scratch folder that is removed at the end, packages, and an
# end that shows what was said last, which a script writes to $scratch/out.
: "${GRADMQ_BUILD:=$PWD/build}"
export GRADMQ_BUILD
# shellcheck source=deploy/packages.sh
. deploy/packages.sh

scratch=$(mktemp -d) || exit 1
finish () {
    rm -rf "$scratch"
}
trap 'finish' EXIT

fail () {
    echo "$*"
    [ ! -s "$scratch/out" ] || tail -n 60 "$scratch/out"
    exit 1
}

# need_packages PACKAGE...: they are installed; without one the test is skipped and says so.
need_packages () {
    gradmq_need "$@" > "$scratch/out" 2>&1 && return
    cat "$scratch/out"
    exit 77
}
