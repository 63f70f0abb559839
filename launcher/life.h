/* One sandbox as the launcher knows it, from its request to the removal of its groups. */
#ifndef MAYFLY_LIFE_H
#define MAYFLY_LIFE_H

#include "server.h"
#include "watch.h"
#include "wire.h"

struct life {
  struct watch connection, report, child, memory;
  struct wire_reader reader;
  struct cgroup group;
  struct net_slot slot;
  pid_t pid;
  int has_group, has_slot, started, ended, status, oom;
  int pooled;          /* it waits for its function */
  int orders;          /* of a zygote: where it is asked for copies; else -1 */
  int seats;           /* whether it gives seats instead, while nobody's code is in it */
  long long tmp;       /* what was asked for when it was made */
  long inodes;
  int64_t waiting;     /* for a network since then; 0: it does not */
  struct trial *trial; /* a probe of the launcher's own */
  int unwanted;        /* it is to end as soon as its copy is made */
  char id[44], zygote[44]; /* zygote: whose copy it is asking for; else empty */
  struct life *next;
};

/* Groups that are made before they are needed, and those that are to be removed. */
struct group_pool {
  struct cgroup ready[4], leaving[512];
  int ready_count, leaving_count;
  struct cgroup_limits usual; /* those asked for last; ready ones have them already */
};

/* One with these limits. 0, or -1 with errno; then there is none. */
int group_take(struct server *server, struct group_pool *pool, const struct cgroup_limits *limits, struct cgroup *group);
void group_leave(struct server *server, struct group_pool *pool, struct cgroup *group);
/* So many wait to be removed that it cannot wait any longer. */
int group_crowded(const struct group_pool *pool);
/* Makes one that is missing, removes what can be removed; true while there is more to do. */
int group_tend(struct server *server, struct group_pool *pool);

#endif
