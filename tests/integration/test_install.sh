#!/usr/bin/env bash
# What is installed can be moved, and an outside project finds it: by pkg-config and by CMake, from
# C and from C++.
set -eu
: "${GRADMQ_BUILD:=$PWD/build}"
for library in gradmq gradmq-coordinator; do
    if [ ! -e "$GRADMQ_BUILD/lib/lib$library.so" ]; then
        echo "lib$library.so is not built"
        exit 77
    fi
done
for tool in g++ pkg-config cmake ninja; do
    command -v "$tool" > /dev/null || { echo "$tool is missing"; exit 77; }
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cmake --install "$GRADMQ_BUILD" --prefix "$scratch/first" > "$scratch/install.log"
mv "$scratch/first" "$scratch/moved"
prefix=$scratch/moved

# Nothing that is text names the prefix, or the folders of the build.
if grep -rIl -e "$scratch" -e "$GRADMQ_BUILD" "$prefix"; then
    echo "these installed files name a folder of the build"
    exit 1
fi

# One program for both languages: it uses each library once.
cat > "$scratch/outside.c" << 'C'
#include <gradmq.h>
#include <gradmq_coordinator.h>

#include <stdio.h>
#include <string.h>

static int
refused (const char *what, const gradmq_reason_t *why)
{
    fprintf (stderr, "%s: %s: %s\n", what, gradmq_err_name (why->code), why->text);
    return 1;
}

//  One gradient to a coordinator in this process: 3 - 1 and 5 - 2.
static int
train (void)
{
    gradmq_reason_t why;
    gradmq_coordinator_t *coordinator = NULL;
    gradmq_coordinator_options_t options;
    memset (&options, 0, sizeof options);
    if (gradmq_coordinator_open (&coordinator, &options, &why))
        return refused ("open", &why);
    const uint64_t shape [1] = {2};
    const gradmq_coordinator_tensor_t tensor = {"w", 1, shape};
    float model [2] = {3, 5};
    const float gradient [2] = {1, 2};
    if (gradmq_coordinator_set_model_parameters (coordinator, &tensor, 1, 1, model, sizeof model,
                                                 false, NULL, NULL, &why))
        return refused ("set_model_parameters", &why);
    if (gradmq_coordinator_start (coordinator, &why)
        || gradmq_coordinator_add_gradients (coordinator, gradient, sizeof gradient, &why)
        || gradmq_coordinator_wait_version (coordinator, 1, 10000, &why))
        return refused ("a step", &why);
    gradmq_coordinator_view_t view;
    if (gradmq_coordinator_get_model_parameters (coordinator, true, &view, &why))
        return refused ("get_model_parameters", &why);
    const float *now = (const float *) view.data;
    int wrong = view.version != 1 || now [0] != 2 || now [1] != 3;
    gradmq_coordinator_view_release (&view);
    gradmq_coordinator_destroy (&coordinator);
    return wrong;
}

//  Nobody is there: an error, in time, with a sentence.
static int
ask_nobody (void)
{
    gradmq_reason_t why;
    gradmq_remote_t *remote = NULL;
    gradmq_options_t options;
    memset (&options, 0, sizeof options);
    options.control = "ipc:///nowhere/at/all";
    options.timeout_ms = 200;
    options.request_ms = 100;
    return gradmq_remote_open (&remote, &options, &why) == GRADMQ_OK || remote || !why.text [0];
}

int
main (void)
{
    if (train () || ask_nobody ())
        return 1;
    printf ("outside: %s\n", gradmq_version ());
    return 0;
}
C
cp "$scratch/outside.c" "$scratch/outside.cpp"

libdir=$(dirname "$(find "$prefix" -name gradmq.pc)")
export PKG_CONFIG_PATH=$libdir LD_LIBRARY_PATH=${libdir%/pkgconfig}
version=$(pkg-config --modversion gradmq)

echo "by pkg-config"
read -ra flags <<< "$(pkg-config --cflags --libs gradmq gradmq-coordinator)"
for compiler in "gcc -std=c11 outside.c" "g++ -std=c++17 outside.cpp"; do
    read -ra words <<< "$compiler"
    source=${words[2]}
    "${words[0]}" "${words[1]}" -Wall -Wextra -Werror "$scratch/$source" -o "$scratch/by-pkg-config" "${flags[@]}"
    [ "$("$scratch/by-pkg-config")" = "outside: $version" ]
done

echo "by find_package"
cat > "$scratch/CMakeLists.txt" << 'CMAKE'
cmake_minimum_required (VERSION 3.25)
project (outside LANGUAGES C CXX)
find_package (gradmq 0.1 REQUIRED COMPONENTS gradmq coordinator)
add_executable (in_c outside.c)
add_executable (in_cpp outside.cpp)
target_link_libraries (in_c PRIVATE gradmq::gradmq gradmq::coordinator)
target_link_libraries (in_cpp PRIVATE gradmq::gradmq gradmq::coordinator)
CMAKE
unset LD_LIBRARY_PATH
cmake -G Ninja -S "$scratch" -B "$scratch/outside" -DCMAKE_PREFIX_PATH="$prefix"
cmake --build "$scratch/outside"
[ "$("$scratch/outside/in_c")" = "outside: $version" ]
[ "$("$scratch/outside/in_cpp")" = "outside: $version" ]

echo "programs"
for program in gradmqd gradmq; do
    [ ! -e "$GRADMQ_BUILD/bin/$program" ] || "$prefix/bin/$program" --help > /dev/null
done
echo "installed, moved and used"
