#!/usr/bin/env bash
# Ends with 0 where a process may have a network and mounts of its own, with a layer over this machine's folders.
set -u
[ "$(id -u)" -eq 0 ] || { echo "namespaces take root"; exit 1; }
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
# shellcheck disable=SC2016  # for another bash
unshare -m -n bash -c 'mount -t tmpfs none "$1" && mkdir "$1"/{over,work,root} \
    && mount -t overlay -o "lowerdir=/etc,upperdir=$1/over,workdir=$1/work" none "$1/root" \
    && : > "$1/root/gradmq-was-here"' bash "$scratch"
