#include "life.h"

#include <errno.h>

enum { READY = sizeof ((struct group_pool *)0)->ready / sizeof(struct cgroup), LEAVING = sizeof ((struct group_pool *)0)->leaving / sizeof(struct cgroup) };

int group_take(struct server *server, struct group_pool *pool, const struct cgroup_limits *limits, struct cgroup *group) {
  pool->usual = *limits;
  if (pool->ready_count) *group = pool->ready[--pool->ready_count];
  else if (cgroup_make(&server->groups, group)) return -1;
  if (!cgroup_limit(&server->groups, group, limits)) return 0;
  int failure = errno;
  group_leave(server, pool, group);
  errno = failure;
  return -1;
}

void group_leave(struct server *server, struct group_pool *pool, struct cgroup *group) {
  if (!cgroup_remove(&server->groups, group)) return;
  if (pool->leaving_count < LEAVING) pool->leaving[pool->leaving_count++] = *group;
  /* More than that at once are swept with the whole at the end. */
}

int group_crowded(const struct group_pool *pool) { return pool->leaving_count > LEAVING / 2; }

int group_tend(struct server *server, struct group_pool *pool) {
  for (int i = pool->leaving_count - 1; i >= 0; i--)
    if (!cgroup_remove(&server->groups, &pool->leaving[i])) pool->leaving[i] = pool->leaving[--pool->leaving_count];
  struct cgroup *next = &pool->ready[pool->ready_count];
  if (pool->ready_count < READY && !cgroup_make(&server->groups, next)) {
    pool->ready_count++;
    if (pool->usual.pids) cgroup_limit(&server->groups, next, &pool->usual); /* if this fails, it fails where it is told */
  }
  return pool->leaving_count > 0 || pool->ready_count < READY;
}
