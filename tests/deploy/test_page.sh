#!/usr/bin/env bash
# The page in Debian's Chromium while digits are trained: curves, tables, keys, names that look like HTML, a daemon
# that goes and comes back, widths, both colour schemes, axe's rules. Screenshots are left in build/page/.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh
# shellcheck source=deploy/packages.sh
. deploy/packages.sh
need gradmq-digits node npm
gradmq_need chromium > "$scratch/packages" 2>&1 || { cat "$scratch/packages"; exit 77; }

folder=$GRADMQ_BUILD/page
mkdir -p "$folder"
rm -f "$folder"/*.png
cp tests/deploy/page/check.js tests/deploy/page/package.json tests/deploy/page/.npmrc "$folder/"
if ! cmp -s tests/deploy/page/package-lock.json "$folder/package-lock.json" || [ ! -e "$folder/node_modules/.package-lock.json" ]; then
    cp tests/deploy/page/package-lock.json "$folder/"
    (cd "$folder" && npm ci --ignore-scripts) > "$scratch/npm.log" 2>&1 < /dev/null || fail "npm ci"
fi

digits () {
    run nice "$GRADMQ_BIN/gradmq-digits" work --control "$control" --name "w$1" --part "$1" --parts 2 \
        --gradients 1000000 < /dev/null > "$scratch/w$1.log" 2>&1
}

# What the browser's test asks for.
obey () {
    case $1 in
        train)
            "$GRADMQ_BIN/gradmq-digits" prepare --control "$control" --policy async --parts 2 --gradients 1000000 > /dev/null \
                || fail "no model"
            digits 1
            digits 2 ;;
        strange)
            export GRADMQ_PUSHER_METRIC='<img src=x onerror=alert(1)><b>&amp;'
            open_worker strange
            ask strange push 0 1 ;;
        settings) gradmq settings learning_rate=0.0005 > /dev/null || fail "settings" ;;
        kill)
            kill -KILL "$daemon"
            wait "$daemon" 2> /dev/null || true ;;
        restart) start_daemon --set "http/listen=$address" ;;
        *) return 1 ;;
    esac
}

start_daemon --set http/listen=127.0.0.1:0 --set heartbeat_ms=200
url=$(grep -o 'http://[^ "]*' "$scratch/gradmqd.log")
address=${url#http://}
address=${address%/}
mkfifo "$scratch/asked" "$scratch/done"
exec 3<> "$scratch/done"
HOME=$scratch timeout 240 node "$folder/check.js" "$url" "$folder" < "$scratch/done" > "$scratch/asked" 2>&1 &
browser=$!
# Asked to end, it closes the browser; killed, it would leave it behind.
trap 'kill -TERM "$browser" 2> /dev/null && wait "$browser"; finish' EXIT
while read -r first rest; do
    if [ "$first" = ask ]; then
        obey "$rest" || fail "the browser's test asks for \"$rest\""
        echo >&3
    else
        echo "$first $rest"
    fi
done < "$scratch/asked"
ends 0 "$browser"
