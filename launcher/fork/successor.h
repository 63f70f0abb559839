/* Going on in a sandbox, where code of others may then be loaded: a process makes one that shares its memory and has none of its rights, and ends; to
 * Python, and to libc, what goes on is the same process. */
#ifndef MAYFLY_FORK_SUCCESSOR_H
#define MAYFLY_FORK_SUCCESSOR_H

#include "fork/order.h"

#include <setjmp.h>

extern struct moving {
  struct fork_order order;
  int descriptors[FORK_DESCRIPTORS];
  int predecessor; /* a pidfd of the one that makes it */
  jmp_buf back;    /* where it goes on, once that one has ended */
} moving;

/* 0: it is in its sandbox, as a child of the init there, and waits for the end of this process. */
int successor(void);

#endif
