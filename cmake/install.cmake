# What is installed, and how other projects find it: headers, pkg-config, a CMake package. Nothing
# installed names the folder it was installed to, so that it can be moved. Components are packages
# (cmake/package.cmake): programs, library, development.
include (GNUInstallDirs)
include (CMakePackageConfigHelpers)

set (gradmq_headers ${CMAKE_INSTALL_INCLUDEDIR}/gradmq)
set (gradmq_package ${CMAKE_INSTALL_LIBDIR}/cmake/gradmq)
set (gradmq_share ${CMAKE_INSTALL_DATADIR}/gradmq)

# Programs. They find an installed library beside themselves.
foreach (program gradmqd gradmq_command)
    if (TARGET ${program})
        set_target_properties (${program} PROPERTIES INSTALL_RPATH "\$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
        install (TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)
    endif ()
endforeach ()

# A library: the file, its pkg-config file, and its name in the CMake package.
#
#   gradmq_install_library (TARGET gradmq NAME gradmq EXPORT gradmq DESCRIPTION "..." PRIVATE "libzmq")
function (gradmq_install_library)
    cmake_parse_arguments (LIBRARY "" "TARGET;NAME;EXPORT;DESCRIPTION;PRIVATE" "" ${ARGN})
    if (NOT TARGET ${LIBRARY_TARGET})
        return ()
    endif ()
    set_target_properties (${LIBRARY_TARGET} PROPERTIES
        VERSION ${PROJECT_VERSION}
        SOVERSION ${PROJECT_VERSION_MAJOR}
        EXPORT_NAME ${LIBRARY_EXPORT})
    install (TARGETS ${LIBRARY_TARGET} EXPORT gradmq
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT development
        INCLUDES DESTINATION ${gradmq_headers})

    # From the folder of the .pc file back to the prefix.
    file (RELATIVE_PATH to_prefix
        ${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
    string (REGEX REPLACE "/$" "" to_prefix ${to_prefix})
    configure_file (cmake/templates/library.pc.in ${CMAKE_BINARY_DIR}/package/${LIBRARY_NAME}.pc @ONLY)
    install (FILES ${CMAKE_BINARY_DIR}/package/${LIBRARY_NAME}.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
endfunction ()

gradmq_install_library (
    TARGET gradmq NAME gradmq EXPORT gradmq
    DESCRIPTION "Client of the GradMQ message broker for training"
    PRIVATE "libzmq libczmq libprotobuf-c libsodium")
gradmq_install_library (
    TARGET gradmq_coordinator_shared NAME gradmq-coordinator EXPORT coordinator
    DESCRIPTION "GradMQ's coordinator, inside a program of your own"
    PRIVATE "libzmq libczmq libprotobuf-c libsodium openblas")

# Headers.
set (core ${PROJECT_SOURCE_DIR}/broker/core)
install (FILES ${PROJECT_SOURCE_DIR}/bindings/c/include/gradmq.h
    DESTINATION ${gradmq_headers} COMPONENT development)
install (FILES ${PROJECT_SOURCE_DIR}/broker/coordinator/include/gradmq_coordinator.h
    DESTINATION ${gradmq_headers} COMPONENT development)
install (FILES ${core}/export.h ${core}/error.h ${core}/error.def
    DESTINATION ${gradmq_headers}/core COMPONENT development)

# The CMake package.
if (TARGET gradmq OR TARGET gradmq_coordinator_shared)
    install (EXPORT gradmq NAMESPACE gradmq:: FILE gradmqTargets.cmake
        DESTINATION ${gradmq_package} COMPONENT development)
    configure_package_config_file (cmake/templates/gradmqConfig.cmake.in
        ${CMAKE_BINARY_DIR}/package/gradmqConfig.cmake
        INSTALL_DESTINATION ${gradmq_package})
    write_basic_package_version_file (${CMAKE_BINARY_DIR}/package/gradmqConfigVersion.cmake
        COMPATIBILITY SameMinorVersion)
    install (FILES
        ${CMAKE_BINARY_DIR}/package/gradmqConfig.cmake
        ${CMAKE_BINARY_DIR}/package/gradmqConfigVersion.cmake
        DESTINATION ${gradmq_package} COMPONENT development)
endif ()

# The protocol, for whoever writes a client in another language.
install (DIRECTORY ${PROJECT_SOURCE_DIR}/schemas/ DESTINATION ${gradmq_share}/schemas COMPONENT development
    FILES_MATCHING PATTERN "*.proto" PATTERN "PROTOCOL.md" PATTERN "vectors" EXCLUDE)
# What `gradmq bench convergence` learns from.
install (FILES ${PROJECT_SOURCE_DIR}/bindings/examples/digits/digits.csv
    DESTINATION ${gradmq_share} COMPONENT programs)
install (FILES ${PROJECT_SOURCE_DIR}/LICENSE
    DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT license)

# The service. systemd finds these below /usr and /usr/local alike; its configuration goes to /etc/gradmq, which a
# package does and the administrator after `cmake --install`.
install (FILES ${PROJECT_SOURCE_DIR}/deploy/systemd/gradmqd.service
    DESTINATION lib/systemd/system COMPONENT programs)
install (FILES ${PROJECT_SOURCE_DIR}/deploy/systemd/gradmq.sysusers
    DESTINATION lib/sysusers.d COMPONENT programs RENAME gradmq.conf)
install (FILES ${PROJECT_SOURCE_DIR}/deploy/systemd/gradmq.tmpfiles
    DESTINATION lib/tmpfiles.d COMPONENT programs RENAME gradmq.conf)
install (FILES ${PROJECT_SOURCE_DIR}/deploy/systemd/gradmqd.conf
    DESTINATION ${gradmq_share} COMPONENT programs)

# Pages and completions that the build generates from the tables of verbs and options.
foreach (section 1 8)
    install (DIRECTORY ${CMAKE_BINARY_DIR}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} COMPONENT programs
        OPTIONAL FILES_MATCHING PATTERN "*.${section}")
endforeach ()
install (FILES ${CMAKE_BINARY_DIR}/completions/gradmq
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT programs OPTIONAL)
install (FILES ${CMAKE_BINARY_DIR}/completions/_gradmq
    DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT programs OPTIONAL)
install (FILES ${CMAKE_BINARY_DIR}/completions/gradmq.fish
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT programs OPTIONAL)
