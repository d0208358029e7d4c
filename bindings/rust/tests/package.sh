#!/usr/bin/env bash
# The package has all that it is built from, the schema included: it is unpacked and built by itself.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
list=$(cargo package --quiet --list --allow-dirty)
for file in build.rs src/lib.rs README.md LICENSE proto/gradmq/v1/control.proto examples/push.rs; do
    grep -qx "$file" <<< "$list" || { echo "the package lacks $file"; exit 1; }
done
cargo package --quiet --allow-dirty --offline
