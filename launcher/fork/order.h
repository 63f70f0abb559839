/* What the init of a sandbox asks of a zygote: a copy of it, inside. One message on a SEQPACKET socket, with descriptors. */
#ifndef MAYFLY_FORK_ORDER_H
#define MAYFLY_FORK_ORDER_H

#include <stdint.h>

/* Which descriptor is what; those of groups are as many as there are. */
enum { FORK_INIT, FORK_LISTENER, FORK_WORKER, FORK_OUT, FORK_ERR, FORK_REPLY, FORK_GROUPS, FORK_DESCRIPTORS = FORK_GROUPS + 6 };

/* What it is to be: a worker, wanted at once or held ready; or a zygote in turn, whose orders come on one more descriptor, the last. */
enum fork_kind { FORK_COPY, FORK_ZYGOTE };

/* In a fresh pid namespace whose init has started nothing: whoever forks is the second, and the worker the third, or the fourth after a seat. */
enum { FORKED_PID = 3 };

struct fork_order {
  uint32_t size; /* of this */
  uint32_t kind;
  uint32_t unified; /* 1: the first group is a folder of cgroup v2; else all are tasks files of v1 */
  uint32_t groups;
  uint32_t users; /* 1: the init is in a user namespace of its own; 0: it is the user below */
  uint32_t uid, gid;
  uint32_t pids; /* 0: the worker limits its own number of processes, later */
  int64_t files;
};

/* On the descriptor for the reply, once; its end without one means that the zygote has died. */
struct fork_reply {
  int32_t failed; /* errno; 0: it is there */
  char step[20];
};

#endif
