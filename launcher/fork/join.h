/* Becoming one of a sandbox's processes from outside: every barrier that a program started by its init has, set anew. */
#ifndef MAYFLY_FORK_JOIN_H
#define MAYFLY_FORK_JOIN_H

#include "fork/order.h"

#include <sys/types.h>

/* In a process of its own, which may share the zygote's memory: 0, or -1 with errno and the step that failed. */
int fork_join(const struct fork_order *order, const int *descriptors, const char **step);
/* What only the copy can do, whose memory is its own. Of its descriptors from 5 up it keeps one, the one named, as FORK_ANSWER; -1: none. */
void fork_settle(int answer);
/* Waits for the end of the process between, which has the zygote's memory and the copy's user: before anything runs that is not the platform's, it
 * has to be gone. */
void fork_outlive(pid_t between);

enum { FORK_ANSWER = 5 };

#endif
