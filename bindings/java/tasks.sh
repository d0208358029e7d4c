#!/usr/bin/env bash
# Builds the Java client and runs its tests: what tests/bindings/README.md asks of every binding.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$root/build/bindings/java
export GRADMQ_BIN=${GRADMQ_BIN:-$root/build/bin}
classes="$build/test-classes:$build/classes:$build/lib/*"

usage () {
    echo "usage: tasks.sh build | conformance | behaviour [CASE ...] | unit | digits OPTION... | push OPTION..." >&2
    exit 2
}

# no_toolchain: Java cannot be built here.
no_toolchain () {
    echo "java: a JDK of version 17 or newer and Maven are needed (Debian: default-jdk-headless maven)" >&2
    exit 77
}

need_toolchain () {
    local program
    for program in java javac javadoc mvn; do
        command -v "$program" > /dev/null || no_toolchain
    done
}

need_version () {
    local version
    version=$(javac -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
    [ "${version:-0}" -ge 17 ] || no_toolchain
}

# True when nothing has changed since the last build.
built () {
    [ -e "$build/built" ] || return 1
    [ -z "$(find "$here" "$root/schemas/gradmq" -type f -newer "$build/built" -print -quit)" ]
}

build () {
    built && return 0
    need_version
    local log
    mkdir -p "$build"
    log=$build/build.log
    if ! (cd "$here" && mvn -B -q -ntp process-test-classes) > "$log" 2>&1; then
        cat "$log" >&2
        return 1
    fi
    touch "$build/built"
}

# java_run CLASS ARGUMENT ...: a program of the build.
java_run () {
    exec java -XX:+UseParallelGC -Dgradmq.root="$root" -Dgradmq.bin="$GRADMQ_BIN" -cp "$classes" "$@"
}

# check NAME COMMAND ...: a test that is a command; its words stand before.
check () {
    local name=$1 words
    shift
    if words=$("$@" 2>&1); then
        echo "ok $name"
    else
        # shellcheck disable=SC2001  # every line
        sed 's/^/    /' <<< "$words"
        echo "not ok $name"
        return 1
    fi
}

formatter () {
    local exports=() package files
    for package in api code file parser tree util; do
        exports+=("--add-exports=jdk.compiler/com.sun.tools.javac.$package=ALL-UNNAMED")
    done
    mapfile -t files < <(find "$here/src" "$here/examples" -name '*.java')
    java "${exports[@]}" -jar "$build/tools/google-java-format.jar" --aosp --dry-run \
        --set-exit-if-changed "${files[@]}"
}

# The public words, without a warning.
documents () {
    local libraries
    libraries=$(printf '%s:' "$build"/lib/*.jar)
    javadoc -quiet -Xdoclint:all -Werror -d "$build/javadoc" --module-path "$libraries" \
        --module-source-path "org.gradmq=$here/src/main/java:$build/generated-sources/protobuf/java" \
        --module org.gradmq
}

unit () {
    local status=0
    check format formatter || status=1
    check javadoc documents || status=1
    (java_run org.gradmq.support.Suite org.gradmq.internal) || status=1
    return "$status"
}

[ $# -ge 1 ] || usage
task=$1
shift
need_toolchain
case $task in
    build) build ;;
    conformance) java_run org.gradmq.conformance.Conformance ;;
    behaviour) java_run org.gradmq.support.Suite org.gradmq.behaviour "$@" ;;
    unit) unit ;;
    digits) java_run digits.Digits "$@" ;;
    push) java_run org.gradmq.support.PushBench "$@" ;;
    *) usage ;;
esac
