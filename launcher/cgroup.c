#include "cgroup.h"
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_at(int folder, const char *name, int flags) { return openat(folder, name, flags | O_CLOEXEC); }

/* v1 tells of memory that ran out through an eventfd; v2's memory.oom.group needs no watcher. */
static int watch_oom(int folder) {
  int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), control = open_at(folder, "memory.oom_control", O_RDONLY);
  char words[40];
  snprintf(words, sizeof words, "%d %d", event, control);
  int failed = event < 0 || control < 0 || file_write_at(folder, "cgroup.event_control", words);
  if (control >= 0) close(control);
  /* Who is out of memory then waits to be ended, instead of one process of the sandbox being picked while the others go on. */
  if (!failed) file_write_at(folder, "memory.oom_control", "1");
  if (!failed) return event;
  if (event >= 0) close(event);
  return -1;
}

static int make_parts(struct cgroups *all, struct cgroup *group) {
  group->unified = group->oom_event = -1;
  group->set = (struct cgroup_limits){0};
  for (int i = 0; i < CG_COUNT; i++) group->tasks[i] = group->folder[i] = -1;
  snprintf(group->name, sizeof group->name, "s%lu", ++all->next);
  if (all->unified >= 0) {
    if (mkdirat(all->unified, group->name, 0755)) return -1;
    group->unified = open_at(all->unified, group->name, O_DIRECTORY | O_RDONLY);
    if (group->unified < 0) return -1; /* or a sandbox would start outside of its limits */
  }
  for (int i = 0; i < CG_COUNT; i++) {
    if (all->v1[i] < 0) continue;
    /* Controllers that are mounted together share their folders. */
    if (mkdirat(all->v1[i], group->name, 0755) && errno != EEXIST) return -1;
    group->folder[i] = open_at(all->v1[i], group->name, O_DIRECTORY | O_RDONLY);
    group->tasks[i] = open_at(group->folder[i], "tasks", O_WRONLY);
    if (group->tasks[i] < 0) return -1;
  }
  if (group->folder[CG_MEMORY] >= 0 && !all->v2[CG_MEMORY]) group->oom_event = watch_oom(group->folder[CG_MEMORY]);
  return 0;
}

int cgroup_make(struct cgroups *all, struct cgroup *group) {
  if (!make_parts(all, group)) return 0;
  int failure = errno;
  cgroup_remove(all, group);
  errno = failure;
  return -1;
}

static int set(int folder, const char *name, long long value) {
  char text[32];
  snprintf(text, sizeof text, "%lld", value);
  return file_write_at(folder, name, text);
}

/* The limit with swap may never be below that without, so which goes first depends on the direction. */
static int limit_memory_v1(const struct cgroup *group, long long bytes) {
  static const char *const names[] = {"memory.limit_in_bytes", "memory.memsw.limit_in_bytes"};
  int raise = group->set.memory && (!bytes || bytes > group->set.memory);
  for (int i = 0; i < 2; i++) {
    const char *name = names[raise ? 1 - i : i];
    /* Without swap accounting there is no such file. */
    if (set(group->folder[CG_MEMORY], name, bytes ? bytes : -1) && (errno != ENOENT || name == names[0])) return -1;
  }
  return 0;
}

static int limit_memory(const struct cgroups *all, const struct cgroup *group, long long bytes) {
  if (!all->v2[CG_MEMORY]) return group->folder[CG_MEMORY] >= 0 ? limit_memory_v1(group, bytes) : 0;
  if (bytes ? set(group->unified, "memory.max", bytes) : file_write_at(group->unified, "memory.max", "max")) return -1;
  if (set(group->unified, "memory.swap.max", 0) && errno != ENOENT) return -1;
  return set(group->unified, "memory.oom.group", 1) && errno != ENOENT ? -1 : 0;
}

static int limit_pids(const struct cgroups *all, const struct cgroup *group, long pids) {
  int folder = all->v2[CG_PIDS] ? group->unified : group->folder[CG_PIDS];
  return folder < 0 ? 0 : set(folder, "pids.max", pids);
}

static int limit_cpu(const struct cgroups *all, const struct cgroup *group, long thousandths) {
  char text[64];
  long micros = thousandths < 10 ? 1000 : thousandths * 100; /* the least that kernels take */
  if (!all->v2[CG_CPU]) return group->folder[CG_CPU] < 0 ? 0 : set(group->folder[CG_CPU], "cpu.cfs_quota_us", micros);
  snprintf(text, sizeof text, "%ld 100000", micros);
  return file_write_at(group->unified, "cpu.max", text);
}

int cgroup_limit(const struct cgroups *all, struct cgroup *group, const struct cgroup_limits *limits) {
  if (limits->memory != group->set.memory && limit_memory(all, group, limits->memory)) return -1;
  group->set.memory = limits->memory;
  if (limits->pids != group->set.pids && limit_pids(all, group, limits->pids)) return -1;
  group->set.pids = limits->pids;
  if (limits->cpu != group->set.cpu && limit_cpu(all, group, limits->cpu)) return -1;
  group->set.cpu = limits->cpu;
  return 0;
}

int cgroup_join(const struct cgroup *group) {
  for (int i = 0; i < CG_COUNT; i++)
    if (group->tasks[i] >= 0 && write(group->tasks[i], "0", 1) < 0) return -1;
  return 0;
}

void cgroup_counter(const struct cgroups *all, const struct cgroup *group, char *path, size_t room) {
  if (group->unified >= 0) snprintf(path, room, "%.500s/%s/cpu.stat", all->unified_path, group->name);
  else if (group->folder[CG_CPUACCT] >= 0) snprintf(path, room, "%.500s/%s/cpuacct.usage", all->v1_path[CG_CPUACCT], group->name);
  else *path = 0;
}

long long cgroup_cpu_micros(const struct cgroups *all, const struct cgroup *group) {
  (void)all;
  if (group->unified >= 0) return file_number_at(group->unified, "cpu.stat", "usage_usec");
  if (group->folder[CG_CPUACCT] < 0) return -1;
  long long nanos = file_number_at(group->folder[CG_CPUACCT], "cpuacct.usage", NULL);
  return nanos < 0 ? -1 : nanos / 1000;
}

long long cgroup_peak(const struct cgroups *all, const struct cgroup *group) {
  if (all->v2[CG_MEMORY]) return file_number_at(group->unified, "memory.peak", NULL);
  return group->folder[CG_MEMORY] < 0 ? -1 : file_number_at(group->folder[CG_MEMORY], "memory.max_usage_in_bytes", NULL);
}

long long cgroup_throttled(const struct cgroups *all, const struct cgroup *group) {
  if (all->v2[CG_CPU]) return file_number_at(group->unified, "cpu.stat", "nr_throttled");
  return group->folder[CG_CPU] < 0 ? -1 : file_number_at(group->folder[CG_CPU], "cpu.stat", "nr_throttled");
}

int cgroup_oom(const struct cgroups *all, const struct cgroup *group) {
  if (all->v2[CG_MEMORY]) return file_number_at(group->unified, "memory.events", "oom_kill") > 0;
  return group->folder[CG_MEMORY] >= 0 && file_number_at(group->folder[CG_MEMORY], "memory.oom_control", "oom_kill") > 0;
}

/* What is left in the group, however it got away from its init. */
void cgroup_kill(const struct cgroup *group) {
  if (group->unified < 0 || !file_write_at(group->unified, "cgroup.kill", "1")) return;
  char text[4096];
  if (file_read_at(group->unified, "cgroup.procs", text, sizeof text) <= 0) return;
  for (const char *at = text; *at;) {
    int pid = 0, used = 0;
    if (sscanf(at, "%d%n", &pid, &used) != 1) return;
    if (pid > 1) kill(pid, SIGKILL);
    at += used + (at[used] == '\n');
  }
}

int cgroup_remove(struct cgroups *all, struct cgroup *group) {
  if (all->unified >= 0 && unlinkat(all->unified, group->name, AT_REMOVEDIR) && errno != ENOENT) return -1;
  for (int i = 0; i < CG_COUNT; i++)
    if (all->v1[i] >= 0 && unlinkat(all->v1[i], group->name, AT_REMOVEDIR) && errno != ENOENT) return -1;
  if (group->unified >= 0) close(group->unified);
  if (group->oom_event >= 0) close(group->oom_event);
  for (int i = 0; i < CG_COUNT; i++) {
    if (group->tasks[i] >= 0) close(group->tasks[i]);
    if (group->folder[i] >= 0) close(group->folder[i]);
  }
  group->unified = group->oom_event = -1;
  return 0;
}
