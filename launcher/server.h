/* The launcher's loop: takes requests for sandboxes, watches over those that live, and tells how each ended. One process, one thread, owns all. */
#ifndef MAYFLY_SERVER_H
#define MAYFLY_SERVER_H

#include "cgroup.h"
#include "net/net.h"
#include "sandbox.h"

struct server {
  const char *folder;
  int rootless, networked; /* networked: net was started */
  struct cgroups groups;
  struct net net;
  struct surroundings around;
};

/* How a probe ended. */
struct verdict {
  int status, oom;
  long long cpu;
  char why[200]; /* it did not start: why */
};

/* Prepares the loop and listens on launcher.sock in the folder; -1 with errno. */
int server_open(struct server *server);
/* Until the lifeline on standard input ends, or SIGTERM; then nothing of it is left. */
void server_run(void) __attribute__((noreturn));
/* Runs a function in a sandbox and waits for its end. It is killed after so many milliseconds. control: its init's channel, or -1. */
void server_probe(const struct request *request, int (*probe)(void), int control, int milliseconds, struct verdict *verdict);

#endif
