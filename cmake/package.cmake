# Debian packages:
#
#   cmake --preset package && cmake --build --preset package && cpack --preset package
#
# gradmq has the daemon and the command line, libgradmq0 the libraries, libgradmq-dev what a program is compiled
# with. What they depend on is what their files are linked with; libmicrohttpd is loaded when HTTP is asked for.
set (CPACK_GENERATOR DEB)
set (CPACK_PACKAGE_NAME gradmq)
set (CPACK_PACKAGE_VENDOR GradMQ)
set (CPACK_PACKAGE_DESCRIPTION_SUMMARY "message broker for training")
set (CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set (CPACK_PACKAGING_INSTALL_PREFIX /usr)
set (CPACK_STRIP_FILES ON)
set (CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set (CPACK_VERBATIM_VARIABLES ON)
set (CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/cmake/debian/check.cmake)
set (CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/debian/finish.cmake)
set (CPACK_GRADMQ_SOURCE ${PROJECT_SOURCE_DIR})
set (CPACK_GRADMQ_TESTS ${GRADMQ_TESTS})
set (CPACK_GRADMQ_PREFIX ${CMAKE_INSTALL_PREFIX})

# Who answers for a package is who builds it, as for Debian's own tools.
set (CPACK_PACKAGE_CONTACT "$ENV{DEBFULLNAME} <$ENV{DEBEMAIL}>")
if (NOT DEFINED ENV{DEBEMAIL})
    set (CPACK_PACKAGE_CONTACT "nobody <nobody@localhost>")
endif ()
set (CPACK_DEBIAN_PACKAGE_RELEASE 1)
set (CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set (CPACK_DEB_COMPONENT_INSTALL ON)
set (CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)
set (CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set (CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})
set (CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set (CPACK_COMPONENTS_ALL programs library development)

set (debian ${PROJECT_SOURCE_DIR}/cmake/debian)

set (CPACK_DEBIAN_PROGRAMS_PACKAGE_NAME gradmq)
set (CPACK_DEBIAN_PROGRAMS_PACKAGE_SECTION net)
set (CPACK_COMPONENT_PROGRAMS_DEPENDS library)
set (CPACK_DEBIAN_PROGRAMS_PACKAGE_DEPENDS "libmicrohttpd12, systemd | systemd-standalone-sysusers")
set (CPACK_DEBIAN_PROGRAMS_PACKAGE_CONTROL_EXTRA
    ${debian}/postinst ${debian}/prerm ${debian}/postrm ${debian}/conffiles)
set (CPACK_COMPONENT_PROGRAMS_DESCRIPTION "This is the daemon with its command line. gradmqd owns the parameters of a
model. Workers in any language push gradients to it over ZeroMQ, subscribe to
the updated parameters and control it with requests; gradmq does so from a
shell. What is lost in between is sent again and applied once.")

set (CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libgradmq${PROJECT_VERSION_MAJOR})
set (CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set (major ${PROJECT_VERSION_MAJOR})
file (CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/package/shlibs @ONLY CONTENT
"libgradmq @major@ libgradmq@major@ (>= @PROJECT_VERSION@)
libgradmq-coordinator @major@ libgradmq@major@ (>= @PROJECT_VERSION@)
")
set (CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/package/shlibs ${debian}/triggers)
set (CPACK_COMPONENT_LIBRARY_DESCRIPTION "These are its libraries for C. libgradmq is the client of a gradmqd: a worker
that pushes gradients, and remote control. libgradmq-coordinator is what
gradmqd is made of, inside a program of one's own.")

set (CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libgradmq-dev)
set (CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set (CPACK_COMPONENT_DEVELOPMENT_DEPENDS library)
# What its pkg-config files ask for.
set (CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "libzmq3-dev, libczmq-dev, libprotobuf-c-dev, libsodium-dev, libopenblas-dev")
set (CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "This is what a program is compiled with: headers, pkg-config files and a CMake
package of libgradmq and libgradmq-coordinator, and the protocol for clients
in other languages.")

include (CPack)
