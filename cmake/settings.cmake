# Language, warnings and sanitizers.
set (CMAKE_C_STANDARD 11)
set (CMAKE_C_STANDARD_REQUIRED ON)
set (CMAKE_C_EXTENSIONS OFF)
add_compile_definitions (_GNU_SOURCE)
set (CMAKE_C_VISIBILITY_PRESET hidden)
set (CMAKE_POSITION_INDEPENDENT_CODE ON)
set (CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set (CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set (CMAKE_EXPORT_COMPILE_COMMANDS ON)

if (NOT CMAKE_BUILD_TYPE)
    set (CMAKE_BUILD_TYPE RelWithDebInfo)
endif ()

# Assertions guard against our own mistakes and stay on in every build.
set (CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
set (CMAKE_C_FLAGS_RELEASE "-O2")

# Places where tests let a process die.
if (GRADMQ_TESTS)
    add_compile_definitions (GRADMQ_FAILPOINTS)
endif ()

set (GRADMQ_SANITIZE "" CACHE STRING "Sanitizers, such as address,undefined or thread")
option (GRADMQ_FUZZ "Build the libFuzzer harnesses (needs clang)" OFF)
if (GRADMQ_SANITIZE)
    add_compile_options (-fsanitize=${GRADMQ_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options (-fsanitize=${GRADMQ_SANITIZE})
endif ()
if (GRADMQ_FUZZ)
    add_compile_options (-fsanitize=fuzzer-no-link)
endif ()

# For our own sources only; generated ones do not link this.
add_library (gradmq_warnings INTERFACE)
target_compile_options (gradmq_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
    # The same bits everywhere: products and sums are rounded one by one.
    -ffp-contract=off)
