#!/usr/bin/env bash
# What the README says can be done: its worker compiles, its links lead somewhere.
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# shellcheck disable=SC2016  # these are not commands
sed -n '/^```c$/,/^```$/p' README.md | grep -v '^```' > "$scratch/worker.c"
[ -s "$scratch/worker.c" ]
gcc -std=c11 -Wall -Wextra -Werror -fsyntax-only -Ibindings/c/include -Ibroker "$scratch/worker.c"

broken=0
while IFS= read -r link; do
    case $link in http*) continue ;; esac
    # A heading of this page, in the form that browsers look for.
    if [ -z "${link%%#*}" ] && sed -n 's/^##* //p' README.md | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9\n-' | grep -qxF -- "${link#\#}"; then
        continue
    fi
    if [ ! -e "${link%%#*}" ]; then
        echo "README.md: nothing is at $link"
        broken=1
    fi
done < <(grep -o '](\([^)]*\))' README.md | sed 's/^](//; s/)$//')
exit "$broken"
