//  ZeroMQ's calls on sockets without sockets: a fuzzer that is linked with these (CMakeLists.txt) gives
//  the frames that are received and is shown those that are sent. Messages are real ones.
//
//    thread  one

#ifndef GRADMQ_TESTS_FUZZ_SOCKETS_H
#define GRADMQ_TESTS_FUZZ_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

//  What `socket` may be: the address of one of these.
typedef struct {
    //  Called for each frame that is sent; `at` is its place in its message.
    void (*sent) (size_t at, const void *bytes, size_t size, bool more);
    size_t at;
} fuzz_socket_t;

//  One frame more to receive, from whichever socket is read.
//    owns    borrows `bytes` until it is received
void fuzz_sockets_feed (const uint8_t *bytes, size_t size, bool more);

//  Forget what was not received.
//    returns how many frames that were
size_t fuzz_sockets_drop (void);

#endif
