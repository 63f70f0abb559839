/* What a sandbox is to be: the fields of `spawn`, of `specialise` and of an init's `start`, checked. */
#ifndef MAYFLY_REQUEST_H
#define MAYFLY_REQUEST_H

#include <stddef.h>

enum shape { SHAPE_WORKER, SHAPE_SERVER, SHAPE_TOOL, SHAPE_ZYGOTE };

enum { MOST_ARGUMENTS = 1024, MOST_VARIABLES = 4096, MOST_MOUNTS = 32 };

struct mount_request {
  int writable;
  const char *target, *source;
};

/* Pointers lead into the frame that was parsed. */
struct request {
  const char *id, *run, *cwd, *egress, *allow, *hostname;
  const char *zygote; /* whose copy its program is; NULL: it has one of its own */
  enum shape shape;
  int seats;  /* it is a zygote in turn, in a sandbox of its own */
  int seated; /* set by the launcher: its program is a copy that a seat makes */
  int pooled; /* made before anybody knows for which function: a worker that runs already limits its number of processes itself, later */
  int argc, envc, mountc;
  long uid, gid; /* -1: not said */
  long long memory, tmp, fsize; /* bytes; 0: no limit of its own */
  long cpu, pids, files, inodes, port;
  /* Last, and filled only as far as the counts say, lists with their NULL: wiping them would touch ten pages, of which each start copies its own. */
  struct mount_request mounts[MOST_MOUNTS];
  char *argv[MOST_ARGUMENTS + 1], *env[MOST_VARIABLES + 1];
};

/* All three: 0, or -1 with one sentence in why. fields: length bytes, the last of them NUL; the verb first, which is not looked at. */
int request_parse(struct request *request, const char *fields, size_t length, char *why, size_t room);
/* What a pooled sandbox is to become. */
int request_parse_specialise(struct request *request, const char *fields, size_t length, char *why, size_t room);
/* The program that an init without one is to start: its shape, words, environment, folder and port, in place of what the request said of these. */
int request_parse_start(struct request *request, const char *fields, size_t length, char *why, size_t room);

/* Puts the frame together again that parsing took apart, for who parses it a second time. request is not to be used after it. */
void request_put_back(struct request *request);

#endif
