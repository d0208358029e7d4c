# What is packaged is what was built for it.
if (CPACK_GRADMQ_TESTS)
    message (FATAL_ERROR "This build has the places where tests let a process die. "
        "Package another one: cmake --preset package && cmake --build --preset package && cpack --preset package")
endif ()
if (NOT CPACK_GRADMQ_PREFIX STREQUAL "/usr")
    message (FATAL_ERROR "This build is for ${CPACK_GRADMQ_PREFIX}, and a package is below /usr. "
        "Package another one: cmake --preset package && cmake --build --preset package && cpack --preset package")
endif ()
