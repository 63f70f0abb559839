/* Sets up the current network namespace, which is new and empty, as a sandbox's: loopback, and the way out through egress. */
#ifndef MAYFLY_NET_WAY_H
#define MAYFLY_NET_WAY_H

#include "rules.h"

/* Brings up lo with 127.0.0.1, ::1 and the slot's addresses; unless `plain`, everything else leads there too. 0, or -1 with errno. */
int way_links(const struct rules *rules, int plain);

/* Opens ports below 1024 to everybody inside. */
void way_free_ports(void);

/* Sets the rules and opens the queue, and per family a listener and a raw socket, into `descriptors` (WIRE_DESCRIPTORS). Their number, or -1
 * with errno. */
int way_open(struct rules *rules, int *descriptors);

/* Remembers errno and what failed, for way_why; answers -1. */
int way_fails(const char *step);
const char *way_why(void);

#endif
