# What Debian asks for beside what `cmake --install` installs: a compressed changelog, the licence and compressed
# manual pages; and the configuration of the service, which is the administrator's from then on.
set (source ${CPACK_GRADMQ_SOURCE})
set (staged ${CPACK_TEMPORARY_INSTALL_DIRECTORY})

function (compress file)
    execute_process (COMMAND gzip -9 -n ${file} COMMAND_ERROR_IS_FATAL ANY)
endfunction ()

foreach (component ${CPACK_COMPONENTS_ALL})
    string (TOUPPER ${component} upper)
    set (package ${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
    set (documents ${staged}/${component}/usr/share/doc/${package})
    file (MAKE_DIRECTORY ${documents})
    file (COPY ${source}/cmake/debian/copyright DESTINATION ${documents})
    string (TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
    file (WRITE ${documents}/changelog.Debian "gradmq (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium

  * Built from its sources, whose history says what has changed.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
    compress (${documents}/changelog.Debian)
endforeach ()

file (GLOB pages ${staged}/programs/usr/share/man/man*/*)
foreach (page ${pages})
    compress (${page})
endforeach ()
file (COPY ${source}/deploy/systemd/gradmqd.conf DESTINATION ${staged}/programs/etc/gradmq)
file (REMOVE ${staged}/programs/usr/share/gradmq/gradmqd.conf)
