/* Carries bytes both ways between a connection and a TCP address: bounded buffers, so who does not read slows the other down. */
#ifndef MAYFLY_TUNNEL_H
#define MAYFLY_TUNNEL_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

/* What precedes and follows. */
struct tunnel_start {
  char *bytes; /* malloc'd, sent first; the tunnel frees them */
  size_t size;
  void (*closed)(uint64_t label);
  uint64_t label;
};

/* Takes over `from`, which is closed in the end, also when nothing can be reached. start: NULL for a bare one. */
void tunnel_open(int loop, int from, const struct sockaddr *to, const struct tunnel_start *start);
/* Those with a start. */
int tunnel_count(void);

#endif
