/*
 * Control groups: limits, the CPU counter and a sure kill, on v2, v1 and mixtures of them. A group is made before it is needed and used once.
 * A process joins v2 by clone3(CLONE_INTO_CGROUP) and v1 by writing "0" into tasks itself; writing another's pid into cgroup.procs would
 * wait for an RCU grace period, about 12 ms.
 */
#ifndef MAYFLY_CGROUP_H
#define MAYFLY_CGROUP_H

#include <stddef.h>

enum controller { CG_MEMORY, CG_PIDS, CG_CPU, CG_CPUACCT, CG_COUNT };

struct cgroups {
  int unified;               /* folder on v2 that groups are made in; -1: no v2 */
  char unified_path[600];
  int v2[CG_COUNT];          /* whether v2 has the controller */
  int v1[CG_COUNT];          /* v1 folder that groups are made in; -1: none */
  char v1_path[CG_COUNT][600];
  unsigned long next;
};

struct cgroup_limits {
  long long memory; /* bytes; 0: none */
  long cpu;         /* thousandths of a processor */
  long pids;
};

struct cgroup {
  char name[24];
  int unified;          /* this group on v2, for clone3; -1: none */
  int tasks[CG_COUNT];  /* v1: where a process joins; -1: none */
  int folder[CG_COUNT]; /* v1 folders; -1: none */
  int oom_event;        /* v1: an eventfd that speaks when memory runs out; -1: none */
  struct cgroup_limits set; /* what its files say; zeroes: nothing was written yet */
};

/* Finds what this process may use, below its own group, and removes what an earlier launcher of this key left. record: a file that keeps where. */
void cgroups_open(struct cgroups *all, const char *key, const char *record);
void cgroups_close(struct cgroups *all);

int cgroup_make(struct cgroups *all, struct cgroup *group);
/* 0, or -1 with errno: a limit could not be set. Writes only what differs from what is set already. */
int cgroup_limit(const struct cgroups *all, struct cgroup *group, const struct cgroup_limits *limits);
/* In the child: joins all v1 hierarchies. */
int cgroup_join(const struct cgroup *group);
/* Where the CPU counter is; empty: nowhere. */
void cgroup_counter(const struct cgroups *all, const struct cgroup *group, char *path, size_t room);
long long cgroup_cpu_micros(const struct cgroups *all, const struct cgroup *group);
long long cgroup_peak(const struct cgroups *all, const struct cgroup *group);
/* How often it had to wait for its share of the processors; -1 unknown. */
long long cgroup_throttled(const struct cgroups *all, const struct cgroup *group);
int cgroup_oom(const struct cgroups *all, const struct cgroup *group);
void cgroup_kill(const struct cgroup *group);
/* Removes it; -1 while something is still in it: try again later. */
int cgroup_remove(struct cgroups *all, struct cgroup *group);

#endif
