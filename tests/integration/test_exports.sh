#!/bin/bash
# libgradmq.so exports what its headers declare, and nothing else.
set -euo pipefail

library=${GRADMQ_BUILD:?}/lib/libgradmq.so
source=${GRADMQ_SOURCE:?}
if [ ! -e "$library" ]; then
    echo "libgradmq.so is not built"
    exit 77
fi
declared=$(grep -ohE 'gradmq_[a-z0-9_]+ \(' "$source/bindings/c/include/gradmq.h" "$source/broker/core/error.h" |
    sed 's/ (//' | sort -u)
exported=$(nm -D --defined-only "$library" | awk '$2 ~ /[A-Z]/ {print $3}' |
    grep -vE '^(_init|_fini|__bss_start|_edata|_end|__(asan|tsan|ubsan|odr_asan).*)$' | sort -u)
diff <(echo "$declared") <(echo "$exported")
echo "$(echo "$exported" | wc -l) symbols"
