/* What a sandbox is to be: the fields of `spawn`, checked. */
#ifndef MAYFLY_REQUEST_H
#define MAYFLY_REQUEST_H

#include <stddef.h>

enum shape { SHAPE_WORKER, SHAPE_SERVER, SHAPE_TOOL };

enum { MOST_ARGUMENTS = 1024, MOST_VARIABLES = 4096, MOST_MOUNTS = 32 };

struct mount_request {
  int writable;
  const char *target, *source;
};

/* Pointers lead into the frame that was parsed. */
struct request {
  const char *id, *run, *cwd, *egress, *allow, *hostname;
  enum shape shape;
  int argc, envc, mountc;
  long uid, gid; /* -1: not said */
  long long memory, tmp, fsize; /* bytes; 0: no limit of its own */
  long cpu, pids, files, inodes, port;
  /* Last, and filled only as far as the counts say, lists with their NULL: wiping them would touch ten pages, of which each start copies its own. */
  struct mount_request mounts[MOST_MOUNTS];
  char *argv[MOST_ARGUMENTS + 1], *env[MOST_VARIABLES + 1];
};

/* 0, or -1 with one sentence in why. fields: length bytes, the last of them NUL. */
int request_parse(struct request *request, const char *fields, size_t length, char *why, size_t room);

/* Puts the frame together again that parsing took apart, for who parses it a second time. request is not to be used after it. */
void request_put_back(struct request *request);

#endif
