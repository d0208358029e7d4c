//  Data that one thread hands to another through a ZeroMQ socket. ZeroMQ orders the two; the thread
//  sanitizer cannot see that in a library that was not built with it, so it is told here. Nothing
//  in any other build.

#ifndef GRADMQ_CORE_HANDOVER_H
#define GRADMQ_CORE_HANDOVER_H

#if defined(__SANITIZE_THREAD__)
#define GRADMQ_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define GRADMQ_THREAD_SANITIZER 1
#endif
#endif

#ifdef GRADMQ_THREAD_SANITIZER
void __tsan_release (void *address);
void __tsan_acquire (void *address);
#define GRADMQ_HAND_OVER(address) __tsan_release (address)
#define GRADMQ_TAKE_OVER(address) __tsan_acquire (address)
#else
#define GRADMQ_HAND_OVER(address) ((void) (address))  //  before what is sent
#define GRADMQ_TAKE_OVER(address) ((void) (address))  //  after what was received
#endif

#endif
