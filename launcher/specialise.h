/* How a sandbox that was made before anybody knew for which function becomes that function's. */
#ifndef MAYFLY_SPECIALISE_H
#define MAYFLY_SPECIALISE_H

#include "request.h"

/* The sandbox, and what its request said of what no file of its group holds. */
struct specialised {
  int init; /* a pidfd */
  long long tmp;
  long inodes;
};

/* Mounts what the request names, sets what no group limits, and names the machine. 0, or -1 with errno and the step that failed. */
int specialise(const struct specialised *sandbox, const struct request *request, const char **step, const char **about);

#endif
