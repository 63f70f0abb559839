/*
 * Seats: tasks that share the memory of a process which is yet to load code of others, each in a sandbox of its own and without any right from
 * the start. When that process has loaded what it should, a seat that is asked copies it, which takes no right at all. So code of others is never
 * in a process that could enter a sandbox, and yet what it loaded is there in each.
 */
#ifndef MAYFLY_FORK_SEATS_H
#define MAYFLY_FORK_SEATS_H

#include <stddef.h>

/* In the task that has joined the sandbox, on the stack of another: leaves a seat behind, whose worker's channel is descriptor 4. 0, or -1. */
int seat_leave(void);

/* From now on seats copy, from here, and `channel` is told so with `ready`: returns 1 in each copy. When `channel` ends so does the process; its seats
 * may still copy what it was. -1, and nothing is said, when copies would share memory; -2 when that cannot be told. before and after as in serve.h. */
int seats_open(int channel, const char *ready, size_t size, void (*before)(void), void (*after_in_copy)(void));

#endif
