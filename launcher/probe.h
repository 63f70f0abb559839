/* What this machine really enforces: at start a child in a real sandbox runs against every barrier and limit, and only what stopped it counts. */
#ifndef MAYFLY_PROBE_H
#define MAYFLY_PROBE_H

#include "server.h"

enum { MOST_CHECKS = 24 };

struct check {
  char name[24], detail[160];
  const char *cost, *fix;
  int proved;
};

struct findings {
  int sandbox; /* one could be started at all */
  char why[240];
  struct check checks[MOST_CHECKS];
  int count;
};

/* limits: whether those are tried as well, which takes a tenth of a second. */
void probe_all(struct server *server, struct findings *findings, int limits);
/* One line of JSON on standard output. */
void findings_print(const struct server *server, const struct findings *findings);

#endif
