# A room is a folder of broker/ and a static library of the same name. It links only the rooms it
# includes, privately; a test holds every #include line against the ranks.
#
#   gradmq_room (NAME SOURCES a.c b.c ROOMS core tensor LIBS PkgConfig::ZMQ)
function (gradmq_room name)
    cmake_parse_arguments (ROOM "" "" "SOURCES;ROOMS;LIBS" ${ARGN})
    add_library (gradmq_${name} STATIC ${ROOM_SOURCES})
    target_include_directories (gradmq_${name} PUBLIC ${PROJECT_SOURCE_DIR}/broker)
    list (TRANSFORM ROOM_ROOMS PREPEND gradmq_)
    target_link_libraries (gradmq_${name} PRIVATE gradmq_warnings ${ROOM_ROOMS} ${ROOM_LIBS})
endfunction ()

# Loops over tensor elements: vectorized, and the same bits on every instruction set. Nothing here
# lets the compiler reorder or fuse operations; it may only ignore errno and trap flags.
function (gradmq_vectorize name)
    target_compile_options (gradmq_${name} PRIVATE -O3 -fno-math-errno -fno-trapping-math
        $<$<C_COMPILER_ID:Clang>:-Wno-pass-failed>)
endfunction ()
