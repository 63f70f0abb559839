#include "life.h"

#include <string.h>

enum { READY = sizeof ((struct group_pool *)0)->ready / sizeof(struct cgroup), LEAVING = sizeof ((struct group_pool *)0)->leaving / sizeof(struct cgroup) };

int group_take(struct server *server, struct group_pool *pool, struct cgroup *group) {
  if (!pool->ready_count) return cgroup_make(&server->groups, group);
  *group = pool->ready[--pool->ready_count];
  return 0;
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
  if (pool->ready_count < READY && !cgroup_make(&server->groups, &pool->ready[pool->ready_count])) pool->ready_count++;
  return pool->leaving_count > 0 || pool->ready_count < READY;
}
