//  Places where a test lets the process die, as if its power was cut there. Built in with
//  GRADMQ_FAILPOINTS only; otherwise nothing.

#ifndef GRADMQ_CORE_FAILPOINT_H
#define GRADMQ_CORE_FAILPOINT_H

#ifdef GRADMQ_FAILPOINTS
//  Kills the process by SIGKILL when the environment's GRADMQ_FAILPOINT is NAME:N and this is the N-th
//  time that a place of this name is passed.
//    thread  any
void gradmq_failpoint (const char *name);
#else
static inline void
gradmq_failpoint (const char *name)
{
    (void) name;
}
#endif

#endif
