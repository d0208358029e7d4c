#!/usr/bin/env bash
# Builds GradMQ, starts a broker, and has several workers train a small network on handwritten
# digits. See --help.
set -eu
export LC_ALL=C
export OPENBLAS_NUM_THREADS=1

usage () {
    cat << 'TEXT'
usage: deploy/quickstart.sh [--workers N] [--languages LIST] [--gradients N] [--out DIR] [--stay]

Installs the packages that are missing (Debian, Ubuntu), builds, starts gradmqd on this machine,
trains a small neural network on 1,437 images of handwritten digits with N processes over tcp,
each on its own part of the images, and tests it on 360 others. Stops everything it started.
The workers are written in different languages, and train one model at the same time. A page on
this machine shows it as it happens; its address is printed.

  --workers N     worker processes, 1 to 40; default 4, or one a language where there are more
  --languages LIST
                  of the workers, such as c,python; default c and every language whose toolchain is
                  on this machine
  --gradients N   gradients in all, 100 to 1000000; default 8000
  --out DIR       where model, curve, records and logs go; default build/quickstart
  --stay          at the end the broker goes on, with its page and the trained model, until Ctrl-C
  --help          this text

Exit status: 0 done; 1 something failed, and what; 2 the command line is wrong.
TEXT
}

fail () {
    echo "quickstart: $*" >&2
    exit 1
}

wrong () {
    echo "quickstart: $*; see --help" >&2
    exit 2
}

# count OPTION VALUE LEAST MOST: a whole number in range.
count () {
    case $2 in
        '' | *[!0-9]* | ????????*) wrong "$1 $2: not a number from $3 to $4" ;;
    esac
    # shellcheck disable=SC2086
    if [ $2 -lt $3 ] || [ $2 -gt $4 ]; then wrong "$1 $2: not a number from $3 to $4"; fi
}

# log_tail FILE: its last lines, on standard error.
log_tail () {
    if [ -s "$1" ]; then
        echo "quickstart: the end of $1:" >&2
        tail -n 15 "$1" | sed 's/^/    /' >&2
    fi
}

# ---------------------------------------------------------------------------------------------------
# Command line

workers=
wanted=
gradients=8000
out=
stay=false
while [ $# -gt 0 ]; do
    case $1 in
        --help | -h) usage; exit 0 ;;
        --stay) stay=true; shift ;;
        --workers | --languages | --gradients | --out)
            [ $# -gt 1 ] || wrong "$1: a value is missing"
            case $1 in
                --workers) count "$1" "$2" 1 40; workers=$((10#$2)) ;;
                --languages) [ -n "$2" ] || wrong "--languages: a list is needed"; wanted=${2//,/ } ;;
                --gradients) count "$1" "$2" 100 1000000; gradients=$((10#$2)) ;;
                --out) [ -n "$2" ] || wrong "--out: a folder is needed"; out=$2 ;;
            esac
            shift 2 ;;
        *) wrong "$1: no such option" ;;
    esac
done

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=$root/build/bin
data=$root/bindings/examples/digits/digits.csv
[ -n "$out" ] || out=$root/build/quickstart
mkdir -p "$out" || fail "--out $out: no such folder can be made"
out=$(cd "$out" && pwd)
for language in $wanted; do
    [ "$language" = c ] || [ -e "$root/bindings/$language/tasks.sh" ] \
        || wrong "--languages: there is no binding for \"$language\""
done
model=$out/model.safetensors
curve=$out/curve.svg
rm -f "$model" "$curve" "$out"/{run,solo,linear}.csv "$out"/*.log

# ---------------------------------------------------------------------------------------------------
# What was started is stopped, however this ends.

daemon=
watch=
declare -A worker=()    # process: name
declare -A speaks=()    # name: language

stop_all () {
    local process processes=()
    trap '' HUP INT PIPE TERM    # once is enough
    for process in "${!worker[@]}" $watch $daemon; do
        if kill -TERM "$process" 2> /dev/null; then processes+=("$process"); fi
    done
    [ ${#processes[@]} -gt 0 ] || return 0
    # Whoever does not end within five seconds is ended.
    (
        for ((i = 0; i < 50; i++)); do
            kill -0 "${processes[@]}" 2> /dev/null || exit 0
            sleep 0.1
        done
        kill -KILL "${processes[@]}" 2> /dev/null
    ) &
    wait "${processes[@]}" 2> /dev/null || true
    wait $! || true
    daemon=
    watch=
    worker=()
}

trap stop_all EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM

# ---------------------------------------------------------------------------------------------------
# Packages and build

# shellcheck source=deploy/packages.sh
. "$root/deploy/packages.sh"

build () {
    local log=$out/build.log since=$SECONDS version
    # shellcheck disable=SC2086  # a list of words
    gradmq_need $GRADMQ_BUILD_PACKAGES || exit 1
    version=$(cmake --version | sed -n '1s/[^0-9]*\([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
    # shellcheck disable=SC2086  # two numbers
    set -- $version
    if [ "$1" -lt 3 ] || { [ "$1" -eq 3 ] && [ "$2" -lt 25 ]; }; then
        fail "CMake $1.$2 is too old, 3.25 is needed: Debian 12, Ubuntu 24.04, or newer"
    fi
    [ -e "$bin/gradmqd" ] || echo "building, which takes a minute or two"
    if ! {
        cd "$root" \
            && { [ -e build/build.ninja ] || cmake --preset release -DGRADMQ_TESTS=OFF; } \
            && cmake --build build --target bin/gradmqd bin/gradmq bin/gradmq-digits
    } > "$log" 2>&1 < /dev/null; then
        log_tail "$log"
        fail "the build failed"
    fi
    echo "build: $((SECONDS - since)) s, programs in $bin"
}

# ---------------------------------------------------------------------------------------------------
# Languages

languages=()

# Build the worker of a language. One whose toolchain is missing, or that cannot be built, does not take
# part, unless it was asked for.
add_language () {
    local language=$1 log=$out/$1.build.log status=0
    if [ "$language" = c ]; then
        languages+=(c)
        return
    fi
    GRADMQ_BIN=$bin "$root/bindings/$language/tasks.sh" build > "$log" 2>&1 < /dev/null || status=$?
    if [ "$status" -eq 0 ]; then
        languages+=("$language")
    elif [ -n "$wanted" ]; then
        log_tail "$log"
        fail "the worker in $language cannot be built"
    elif [ "$status" -eq 77 ]; then
        echo "$language: not taking part: $(tail -n 1 "$log")"
    else
        echo "$language: not taking part: it cannot be built, see $log"
    fi
}

add_languages () {
    local language tasks since=$SECONDS
    if [ -n "$wanted" ]; then
        for language in $wanted; do add_language "$language"; done
    else
        add_language c
        for tasks in "$root"/bindings/*/tasks.sh; do
            [ ! -e "$tasks" ] || add_language "$(basename "$(dirname "$tasks")")"
        done
    fi
    echo "languages: ${languages[*]}, $((SECONDS - since)) s"
    if [ -z "$workers" ]; then
        workers=${#languages[@]}
        [ "$workers" -ge 4 ] || workers=4
    fi
}

# ---------------------------------------------------------------------------------------------------
# Broker

# Print the first of five tcp ports in a row that nobody listens on.
free_ports () {
    local first port try
    for ((try = 0; try < 100; try++)); do
        first=$((20000 + RANDOM % 12000))
        for ((port = first; port < first + 5; port++)); do
            if (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then continue 2; fi
        done
        echo "$first"
        return 0
    done
    return 1
}

# write_config FIRST-PORT
write_config () {
    cat > "$out/gradmqd.cfg" << TEXT
#   Made for one run. gradmqd --print-example shows every option.
model
    name = "digits"
sockets
    control = "tcp://127.0.0.1:$1"
    gradients = "tcp://127.0.0.1:$(($1 + 1))"
    updates = "tcp://127.0.0.1:$(($1 + 2))"
    events = "tcp://127.0.0.1:$(($1 + 3))"
http
    listen = "127.0.0.1:$(($1 + 4))"
TEXT
}

# Start gradmqd and wait until it answers. Returns 1 when it could not have its ports.
start_broker () {
    local port try status=0
    port=$(free_ports) || fail "no free tcp ports on 127.0.0.1"
    control=tcp://127.0.0.1:$port
    page=http://127.0.0.1:$((port + 4))/
    write_config "$port"
    "$bin/gradmqd" --config "$out/gradmqd.cfg" > "$out/gradmqd.log" 2>&1 < /dev/null &
    daemon=$!
    for ((try = 0; try < 100; try++)); do
        if ! kill -0 "$daemon" 2> /dev/null; then
            wait "$daemon" || status=$?
            daemon=
            [ "$status" -ne 3 ] || return 1
            log_tail "$out/gradmqd.log"
            fail "gradmqd ended with status $status"
        fi
        if "$bin/gradmq" status --control "$control" --timeout 1000 > /dev/null 2>&1; then
            return 0
        fi
        sleep 0.1
    done
    log_tail "$out/gradmqd.log"
    fail "gradmqd does not answer on $control"
}

# Somebody may take a port between the look and the start: then others are tried.
broker () {
    local try
    for ((try = 0; try < 5; try++)); do
        if start_broker; then
            echo "broker: gradmqd, control on $control"
            echo "page: $page"
            return 0
        fi
    done
    log_tail "$out/gradmqd.log"
    fail "gradmqd finds no free ports"
}

# ---------------------------------------------------------------------------------------------------
# Training

digits () {
    "$bin/gradmq-digits" "$@" --data "$data" --gradients "$gradients"
}

# start_worker NUMBER LANGUAGE
start_worker () {
    local name=w$1 share=$(((gradients + $1 - 1) / workers)) command
    command=("$root/bindings/$2/tasks.sh" digits)
    [ "$2" != c ] || command=("$bin/gradmq-digits" work)
    GRADMQ_BIN=$bin "${command[@]}" --control "$control" --name "$name" --part "$1" --parts "$workers" \
        --gradients "$share" --data "$data" > "$out/$name.log" 2>&1 < /dev/null &
    worker[$!]=$name
    speaks[$name]=$2
}

start_training () {
    local i
    digits prepare --control "$control"
    echo "workers: $workers, each on its own part of the images"
    "$bin/gradmq-digits" watch --control "$control" --csv "$out/run.csv" --gradients "$gradients" \
        --data "$data" < /dev/null &
    watch=$!
    for ((i = 1; i <= workers; i++)); do
        start_worker "$i" "${languages[(i - 1) % ${#languages[@]}]}"
    done
}

# ended NAME PROCESS STATUS: one of those that were started has ended.
ended () {
    if [ "$1" = watch ] && [ "$3" -eq 0 ]; then
        watch=
    elif [ "$1" != gradmqd ] && [ "$3" -eq 0 ]; then
        unset "worker[$2]"
    else
        [ ! -t 1 ] || echo    # the line of progress stays
        [ "$1" != gradmqd ] || daemon=
        [ "$1" = watch ] || log_tail "$out/$1.log"
        fail "$1 ended with status $3 before its work was done"
    fi
}

# Wait for the workers and the watch. The first that fails fails the whole.
finish_training () {
    local process status name
    while [ ${#worker[@]} -gt 0 ] || [ -n "$watch" ]; do
        for process in "$daemon" "${!worker[@]}" $watch; do
            if kill -0 "$process" 2> /dev/null; then continue; fi
            status=0
            wait "$process" || status=$?
            name=${worker[$process]:-watch}
            [ "$process" != "$daemon" ] || name=gradmqd
            ended "$name" "$process" "$status"
        done
        sleep 0.1
    done
}

# The broker ends in order when it is asked to.
stop_broker () {
    local status=0
    kill -TERM "$daemon"
    wait "$daemon" || status=$?
    daemon=
    if [ "$status" -ne 0 ]; then
        log_tail "$out/gradmqd.log"
        fail "gradmqd ended with status $status"
    fi
}

# Until somebody ends it, which is how --stay is meant to end.
stay_until_stopped () {
    local status=0
    trap 'stop_broker; exit 0' INT TERM
    echo "the broker goes on; its page: $page, Ctrl-C ends it"
    wait "$daemon" || status=$?
    daemon=
    log_tail "$out/gradmqd.log"
    fail "gradmqd ended with status $status"
}

# What each language contributed, by what its workers said last.
contributions () {
    local language name sum
    for language in "${languages[@]}"; do
        sum=0
        for name in "${!speaks[@]}"; do
            [ "${speaks[$name]}" = "$language" ] || continue
            sum=$((sum + $(sed -n "s/^$name: .* \([0-9]*\) applied,.*/\1/p" "$out/$name.log" | tail -n 1)))
        done
        printf 'gradients by %s: %s\n' "$language" "$sum"
    done
}

# ---------------------------------------------------------------------------------------------------

build
add_languages
digits linear --csv "$out/linear.csv"
digits solo --csv "$out/solo.csv"
broker
start_training
finish_training
"$bin/gradmq" save "$model" --control "$control" --quiet
$stay || stop_broker

records=(--csv "$out/run.csv" --solo "$out/solo.csv" --linear "$out/linear.csv" --parts "$workers")
echo
digits report "${records[@]}"
digits curve "${records[@]}" --out "$curve"
echo
IFS=, read -r applied _ _ _ accuracy < <(tail -n 1 "$out/run.csv")
printf 'test accuracy: %.4f\n' "$accuracy"
echo "gradients applied: $applied"
contributions
echo "model: $model"
echo "curve: $curve"
! $stay || stay_until_stopped
