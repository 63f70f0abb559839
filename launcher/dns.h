/*
 * The DNS stub of a sandbox (RFC 1035): names of the platform are this machine, as seen from inside; all others are asked of the resolver that
 * the network offers at 198.18.0.1.
 */
#ifndef MAYFLY_DNS_H
#define MAYFLY_DNS_H

#include "dial.h"

#include <stddef.h>

void dns_watch(int loop, const struct doors *doors, const char *domain);

/* The answer to a question of size bytes about the platform's own domain, written over it; 0: not the platform's; -1: no question at all. */
int dns_answer(unsigned char *packet, size_t size, size_t room, const char *domain);

#endif
