# What is found through pkg-config. All of it is in Debian and Ubuntu.
find_package (PkgConfig REQUIRED)
find_package (Threads REQUIRED)
pkg_check_modules (ZMQ REQUIRED IMPORTED_TARGET libzmq>=4.3)
pkg_check_modules (CZMQ REQUIRED IMPORTED_TARGET libczmq>=4.2)
pkg_check_modules (PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c>=1.4)
pkg_check_modules (OPENBLAS REQUIRED IMPORTED_TARGET openblas)
pkg_check_modules (SODIUM REQUIRED IMPORTED_TARGET libsodium)
find_program (PROTOC_C protoc-c REQUIRED)
