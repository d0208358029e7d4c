#!/usr/bin/env bash
# Builds the project and runs its tests. See --help.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

usage () {
    cat << 'TEXT'
usage: tests/run.sh [--long] [SUITE ...]

Suites (all of them when none is named):
  unit          one program a source file, without sockets
  conformance   the golden vectors of schemas/vectors, in C and in every binding's language
  spec          one program a rule of the protocol, through real sockets
  integration   real processes
  churn         workers that join, push and die at random: 200 for two minutes when it is named or with
                --long, else 40 for 15 seconds
  crash         the daemon is killed again and again and goes on from its journal: 20 times, with --long 300
  soak          eight workers and the daemon die at random, with journal and checkpoints on: for 30 seconds,
                with --long for an hour
  faults        calls on the disk and allocations that fail, a full disk, files that run out, a power cut, a
                network that is gone, a clock that jumps (tests/faults/):
                some of each, with --long every call up to where none fails
  bindings      every binding against a real daemon (tests/bindings/), and its own tests
  deploy        what deploy/ holds, as far as it can run on one machine (tests/deploy/); with --long also what
                downloads much
  fuzz          every fuzzer over its corpus
  rooms         who includes whom; tables and files agree
  style         formatting, static analysis, shell scripts

Unit, conformance, spec, integration and fuzz run under three builds: plain (build/), asan
(build/asan: address and undefined behaviour sanitizers) and tsan (build/tsan: thread sanitizer).
Churn, crash, soak and faults run under plain alone: churn measures the memory of the process, where a sanitizer's
own would be counted, and faults loads a library before all others. Small ones of the first three, without that,
are among the integration tests of every build.

  --long   also: the fuzzers look for new inputs (two minutes each), tests repeat
  --help   this text

Environment:
  GRADMQ_BUILDS   builds to test, default "plain asan tsan"
  GRADMQ_JOBS     how many at a time, default the number of processors
  CI=true         a missing tool is a failure instead of a skip

Missing Debian or Ubuntu packages are installed (as root, or with sudo). The last line is
"N passed, N failed, N skipped"; the exit status is 0 when nothing failed and something ran.
TEXT
}

jobs=${GRADMQ_JOBS:-$(nproc)}
builds=${GRADMQ_BUILDS:-plain asan tsan}
long=false
all=false
suites=
languages=$(for tasks in bindings/*/tasks.sh; do [ ! -e "$tasks" ] || basename "$(dirname "$tasks")"; done)
passed=0
failed=0
skipped=0

for argument; do
    case $argument in
        --long) long=true ;;
        --help | -h) usage; exit 0 ;;
        unit | conformance | spec | integration | churn | crash | soak | faults | bindings | deploy | fuzz | rooms | style) suites+=" $argument" ;;
        *) echo "tests/run.sh: no suite \"$argument\"; see --help" >&2; exit 2 ;;
    esac
done
[ -n "$suites" ] || { all=true; suites="unit conformance spec integration churn crash soak faults bindings deploy fuzz rooms style"; }

wants () {
    case " $suites " in *" $1 "*) return 0 ;; *) return 1 ;; esac
}

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

# One line: what ran, how it went, how long it took.
#   report NAME PASSED FAILED SKIPPED SINCE
report () {
    passed=$((passed + $2))
    failed=$((failed + $3))
    skipped=$((skipped + $4))
    printf '%-22s %4d passed %3d failed %3d skipped %5d s\n' \
        "$1" "$2" "$3" "$4" $((SECONDS - $5))
}

# A tool is missing: a skip that says so, and a failure where CI=true.
#   missing NAME WORDS
missing () {
    echo "$1: $2"
    if [ "${CI:-}" = true ]; then
        report "$1" 0 1 0 "$SECONDS"
    else
        report "$1" 0 0 1 "$SECONDS"
    fi
}

# Indent what a test said.
quote () {
    sed 's/^/    /'
}

# ------------------------------------------------------------------------------------------------
# Packages

# shellcheck source=deploy/packages.sh
. deploy/packages.sh

test_packages="g++ libcmocka-dev libjansson-dev python3 e2fsprogs iproute2"
example_packages="ruby ruby-ffi-rzmq ruby-google-protobuf protobuf-compiler"  # 29 MB; a test is skipped without
style_packages="clang-14 clang-format-14 clang-tidy-14 cppcheck shellcheck"
fuzz_packages="clang-14 libclang-rt-14-dev"

# ------------------------------------------------------------------------------------------------
# Builds

folder_of () {
    if [ "$1" = plain ]; then echo build; else echo "build/$1"; fi
}

preset_of () {
    if [ "$1" = plain ]; then echo release; else echo "$1"; fi
}

# Configure when it was not yet, or otherwise than now; ninja itself sees changed build files.
configure () {
    local folder=$1 preset=$2 stamp fresh=
    stamp=$(cksum CMakePresets.json)
    if [ -f "$folder/CMakeCache.txt" ]; then
        grep -q "^CMAKE_HOME_DIRECTORY:INTERNAL=$PWD\$" "$folder/CMakeCache.txt" || fresh=--fresh
        if [ -z "$fresh" ] && [ -f "$folder/build.ninja" ] \
            && grep -q '^GRADMQ_TESTS:BOOL=ON$' "$folder/CMakeCache.txt" \
            && [ "$(cat "$folder/presets.cksum" 2> /dev/null)" = "$stamp" ]; then
            return 0
        fi
    fi
    cmake $fresh --preset "$preset" -DGRADMQ_TESTS=ON < /dev/null || return 1
    printf '%s\n' "$stamp" > "$folder/presets.cksum"
}

# Build; a build that fails is one failure and shows the compiler's words.
#   make NAME
make_build () {
    local name=$1 folder log=$scratch/build.log since=$SECONDS
    folder=$(folder_of "$name")
    if configure "$folder" "$(preset_of "$name")" > "$log" 2>&1 \
        && cmake --build "$folder" -j "$jobs" >> "$log" 2>&1 < /dev/null; then
        printf '%-22s %48d s\n' "build $name" $((SECONDS - since))
        return 0
    fi
    echo "build $name failed:"
    # Without ninja's progress and the compiler's command lines.
    grep -v -e '^\[[0-9]*/[0-9]*\] [A-Z]' -e '^: && /' -e '^/[^ :]* -' "$log" | tail -n 60 | quote
    report "build $name" 0 1 0 "$since"
    return 1
}

# ------------------------------------------------------------------------------------------------
# Suites of programs

export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_order=1:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1
export LSAN_OPTIONS=print_suppressions=0
export TSAN_OPTIONS=suppressions=$PWD/tests/tsan.supp:second_deadlock_stack=1:allocator_may_return_null=1
# Products of matrices on one thread: OpenBLAS's own threads are not what is tested.
export OPENBLAS_NUM_THREADS=1

# The thread sanitizer needs an address space that is not spread too widely.
unspread () {
    if setarch -R true 2> /dev/null; then setarch -R "$@"; else "$@"; fi
}

#   run_suite SUITE BUILD [CTEST OPTION ...]
run_suite () {
    local suite=$1 name=$2 folder since=$SECONDS counts within=
    shift 2
    folder=$(folder_of "$name")
    rm -f "$scratch/junit.xml"
    [ "$name" != tsan ] || within=unspread
    $within ctest --test-dir "$folder" -R "^$suite\\." -j "$jobs" --timeout 300 --no-tests=ignore \
        --output-junit "$scratch/junit.xml" "$@" > "$scratch/ctest.log" 2>&1 < /dev/null
    if ! counts=$(python3 tests/results.py "$scratch/junit.xml" "$scratch/ctest.log" "$scratch/words"); then
        quote < "$scratch/ctest.log"
        counts="0 1 0"
    fi
    quote < "$scratch/words"
    [ "$counts" != "0 0 0" ] || return 0
    # shellcheck disable=SC2086  # three numbers
    report "$suite $name" $counts "$since"
}

run_programs () {
    local name suite
    # shellcheck disable=SC2086  # lists of words
    if ! gradmq_need $GRADMQ_BUILD_PACKAGES $test_packages; then
        missing build "a compiler or a library is missing: nothing was built, none of its tests ran"
        return
    fi
    # shellcheck disable=SC2086  # a list of words
    ! wants integration || gradmq_need $example_packages
    for name in $builds; do
        make_build "$name" || continue
        for suite in unit conformance spec integration fuzz; do
            wants "$suite" && run_suite "$suite" "$name"
        done
        if $long && [ "$name" != plain ]; then
            for suite in spec integration; do
                wants "$suite" && run_suite "$suite" "$name" --repeat until-fail:3
            done
        fi
    done
}

# Each fuzzer looks for new inputs. What it finds is left in build/fuzz/found/.
run_fuzzers () {
    local fuzzer name since corpus
    # shellcheck disable=SC2086  # lists of words
    if ! gradmq_need $GRADMQ_BUILD_PACKAGES $test_packages $fuzz_packages; then
        missing fuzzers "clang-14 is missing"
        return
    fi
    make_build fuzz || return
    mkdir -p build/fuzz/found
    for fuzzer in build/fuzz/tests/fuzz.*; do
        [ -x "$fuzzer" ] || continue
        name=${fuzzer##*/}
        since=$SECONDS
        corpus=$scratch/$name
        mkdir -p "$corpus"
        if "$fuzzer" -max_total_time=120 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
            -artifact_prefix="build/fuzz/found/$name-" \
            "$corpus" "tests/fuzz/corpus/${name#fuzz.}" > "$scratch/fuzz.log" 2>&1 < /dev/null; then
            report "$name" 1 0 0 "$since"
        else
            tail -n 60 "$scratch/fuzz.log" | quote
            report "$name" 0 1 0 "$since"
        fi
    done
}

# ------------------------------------------------------------------------------------------------
# Suites of checks: a script that is silent when all is well. It ends with 77 where something is missing that it
# needs, and with 78 where the machine does not allow what it does.

#   run_check NAME COMMAND...
run_check () {
    local name=$1 since=$SECONDS status=0
    shift
    "$@" > "$scratch/check.log" 2>&1 < /dev/null || status=$?
    case $status in
        0) report "$name" 1 0 0 "$since" ;;
        77) missing "$name" "$(cat "$scratch/check.log")" ;;
        78)
            # Nothing is missing: this machine does not allow it.
            echo "$name skipped: $(cat "$scratch/check.log")"
            report "$name" 0 0 1 "$since"
            ;;
        *)
            quote < "$scratch/check.log"
            report "$name" 0 1 0 "$since"
            ;;
    esac
}

# The plain build, unless it was made already.
have_plain () {
    if wants_programs && [[ " $builds " = *" plain "* ]]; then return 0; fi
    make_build plain
}

# A script of the integration tests that goes on for as long as it is told.
#   run_at_length NAME LIMIT-SECONDS SCRIPT VARIABLE=VALUE...
run_at_length () {
    local name=$1 limit=$2 script=$3
    shift 3
    # shellcheck disable=SC2086  # lists of words
    if ! gradmq_need $GRADMQ_BUILD_PACKAGES $test_packages; then
        missing "$name" "a compiler or a library is missing"
        return
    fi
    have_plain || return
    run_check "$name" env GRADMQ_BUILD="$PWD/build" GRADMQ_SEED="$RANDOM" "$@" timeout "$limit" bash "tests/integration/$script"
}

run_churn () {
    local workers=40 seconds=15
    if $long || ! $all; then workers=200 seconds=120; fi
    run_at_length "churn of $workers workers" 900 test_churn.sh \
        GRADMQ_CHURN_WORKERS=$workers GRADMQ_CHURN_SECONDS=$seconds
}

run_crash () {
    local kills=20
    if $long; then kills=300; fi
    run_at_length "crash $kills times" 1800 test_crash.sh GRADMQ_CRASH_KILLS=$kills
}

run_soak () {
    local seconds=30
    if $long; then seconds=3600; fi
    run_at_length "soak for $seconds s" $((seconds + 900)) test_soak.sh GRADMQ_SOAK_SECONDS=$seconds
}

# Every script of a folder, which gets the build's folder and whether to go on for long.
#   run_scripts SUITE
run_scripts () {
    local script name
    # shellcheck disable=SC2086  # lists of words
    if ! gradmq_need $GRADMQ_BUILD_PACKAGES $test_packages; then
        missing "$1" "a compiler or a library is missing"
        return
    fi
    have_plain || return
    for script in "tests/$1"/test_*.sh; do
        name=${script##*/test_}
        GRADMQ_BUILD=$PWD/build GRADMQ_TEST_LONG=$long run_check "$1 ${name%.sh}" timeout 7200 bash "$script"
    done
}

# A binding's tasks (tests/bindings/README.md), one after the other; what each said goes into its own
# log, and its status and seconds beside it.
#   run_tasks LANGUAGE TASK...
run_tasks () {
    local language=$1 task since status
    shift
    for task; do
        since=$SECONDS
        status=0
        "bindings/$language/tasks.sh" "$task" > "$scratch/$language.$task.log" 2>&1 < /dev/null || status=$?
        echo "$status $((SECONDS - since))" > "$scratch/$language.$task"
        [ "$task" != build ] || [ "$status" -eq 0 ] || return 0
    done
}

#   report_task LANGUAGE TASK
report_task () {
    local name="$2 $1" log=$scratch/$1.$2.log counts status took since
    read -r status took < "$scratch/$1.$2"
    since=$((SECONDS - took))
    if [ "$status" -eq 77 ]; then
        missing "$name" "$(cat "$log")"
    elif [ "$2" = build ]; then
        if [ "$status" -eq 0 ]; then
            printf '%-22s %48d s\n' "$name" "$took"
        else
            tail -n 40 "$log" | quote
            report "$name" 0 1 0 "$since"
        fi
    else
        if ! counts=$(python3 tests/bindings/check.py "$2" "$log" 2> "$scratch/words"); then counts="0 1 0"; fi
        quote < "$scratch/words"
        case $counts in
            *" 0 "*)
                # It failed without a test that did.
                if [ "$status" -ne 0 ]; then
                    tail -n 40 "$log" | quote
                    counts="0 1 0"
                fi ;;
        esac
        # shellcheck disable=SC2086  # three numbers
        report "$name" $counts "$since"
    fi
}

# Languages side by side, as many as there are jobs.
run_bindings () {
    local language tasks=build task running=0
    if ! gradmq_need python3; then
        missing bindings "python3 is missing"
        return
    fi
    run_check "bindings self-test" python3 tests/bindings/selftest.py
    run_check "bindings tables" python3 tests/bindings/check.py tables
    # shellcheck disable=SC2086  # lists of words
    if ! gradmq_need $GRADMQ_BUILD_PACKAGES $test_packages; then
        missing bindings "a compiler or a library is missing"
        return
    fi
    have_plain || return
    if wants conformance; then tasks+=" conformance"; fi
    if wants bindings; then tasks+=" behaviour unit"; fi
    for language in $languages; do
        if [ "$running" -ge "$jobs" ]; then
            wait -n
        fi
        # shellcheck disable=SC2086  # a list of words
        run_tasks "$language" $tasks &
        running=$((running + 1))
    done
    wait
    for language in $languages; do
        for task in $tasks; do
            [ ! -e "$scratch/$language.$task" ] || report_task "$language" "$task"
        done
    done
}

run_rooms () {
    if ! gradmq_need python3; then
        missing rooms "python3 is missing"
        return
    fi
    run_check "rooms self-test" python3 tests/rooms/selftest.py
    run_check rooms python3 tests/rooms/check.py
}

run_style () {
    # shellcheck disable=SC2086  # a list of words
    gradmq_need $style_packages
    run_check "style format" tests/style/format.sh
    run_check "style shell" tests/style/shell.sh
    # The analysers read how the plain build compiles each file, and the sources it generates.
    # shellcheck disable=SC2086  # lists of words
    if ! gradmq_need $GRADMQ_BUILD_PACKAGES $test_packages; then
        missing "style analysis" "a compiler or a library is missing"
        return
    fi
    have_plain || return
    run_check "style cppcheck" tests/style/cppcheck.sh "$jobs"
    run_check "style clang-tidy" tests/style/tidy.sh "$jobs"
}

wants_programs () {
    wants unit || wants conformance || wants spec || wants integration || wants fuzz
}

# ------------------------------------------------------------------------------------------------

if wants rooms; then run_rooms; fi
if wants_programs; then run_programs; fi
if [ -n "$languages" ] && { wants conformance || wants bindings; }; then run_bindings; fi
if wants churn; then run_churn; fi
if wants crash; then run_crash; fi
if wants soak; then run_soak; fi
if wants faults; then run_scripts faults; fi
if wants deploy; then run_scripts deploy; fi
if wants style; then run_style; fi
if $long && wants fuzz; then run_fuzzers; fi

[ $((passed + failed)) -gt 0 ] || echo "no test ran"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
