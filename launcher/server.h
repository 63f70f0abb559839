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

/* One function to run in a sandbox, and how that ended. */
struct trial {
  struct request request;
  int (*attempt)(void);
  int control; /* its init's channel; -1: nobody listens */
  int status, oom; /* status -1: it did not start, and why says why not */
  long long throttled; /* times */
  char why[200];
};

/* Prepares the loop and listens on launcher.sock in the folder; -1 with errno. */
int server_open(struct server *server);
/* Makes ahead what the first starts need, so that they are like all others. */
void server_stock(void);
/* Until the lifeline on standard input ends, or SIGTERM; then nothing of it is left. */
void server_run(void) __attribute__((noreturn));
/* Runs all of them at once and waits for the last. Each is killed after so many milliseconds. */
void server_try(struct trial *trials, int count, int milliseconds);

#endif
