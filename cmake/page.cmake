# cmake -DFOLDER=page -DTO=page_files.c -P page.cmake: the files of a folder as one C table, gradmq_page_files.
set (type.html "text/html; charset=utf-8")
set (type.css "text/css; charset=utf-8")
set (type.js "text/javascript; charset=utf-8")
set (type.svg "image/svg+xml")
set (type.txt "text/plain; charset=utf-8")

# What is said to whoever keeps the files is not for a browser.
file (GLOB_RECURSE names RELATIVE ${FOLDER} ${FOLDER}/*)
list (FILTER names EXCLUDE REGEX "[.]md$")
list (SORT names)
set (arrays "")
set (rows "")
set (number 0)
foreach (name ${names})
    cmake_path (GET name EXTENSION LAST_ONLY suffix)
    if (NOT DEFINED type${suffix})
        message (FATAL_ERROR "${FOLDER}/${name}: cmake/page.cmake does not know the type of ${suffix}")
    endif ()
    file (READ ${FOLDER}/${name} bytes HEX)
    string (REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
    string (REGEX REPLACE "(................................................................................)" "\\1\n"
        bytes "${bytes}")
    string (APPEND arrays "static const unsigned char s_file_${number} [] = {\n${bytes}};\n\n")
    string (APPEND rows
        "    {\"/${name}\", \"${type${suffix}}\", s_file_${number}, sizeof s_file_${number}},\n")
    math (EXPR number "${number} + 1")
endforeach ()
file (WRITE ${TO} "#include \"http/page.h\"\n\n${arrays}const gradmq_page_t gradmq_page_files [] = {\n${rows}    {0}};\n")
