#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef MAYFLY_SABOTAGE
#ifndef MAYFLY_LEFT_OUT
#define MAYFLY_LEFT_OUT "" /* where there is no environment: in sandboxes, where copies are made */
#endif
int sabotaged(const char *barrier) {
  const char *named = getenv("MAYFLY_SABOTAGE");
  if (!named) named = MAYFLY_LEFT_OUT;
  size_t length = strlen(barrier), next;
  for (; named && *named; named += next + (named[next] == ',')) {
    next = strcspn(named, ",");
    if (next == length && !strncmp(named, barrier, length)) return 1;
  }
  return 0;
}
#endif

int confine_bounding(void) {
  for (int capability = 0; !sabotaged("capabilities") && capability < 64; capability++)
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)) return errno == EINVAL && capability ? 0 : -1; /* EINVAL: above the last one this kernel has */
  return 0;
}

int confine_capabilities(void) {
  if (sabotaged("capabilities")) return 0;
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct none[2] = {0};
  return (int)syscall(SYS_capset, &head, none);
}

static int limit(int resource, rlim_t value) {
  struct rlimit now, both = {value, value};
  if (getrlimit(resource, &now)) return -1;
  if (now.rlim_max < value) both.rlim_cur = both.rlim_max = now.rlim_max; /* raising needs CAP_SYS_RESOURCE, which even root may lack */
  return setrlimit(resource, &both);
}

int confine_files(long files, long long fsize) {
  return limit(RLIMIT_NOFILE, (rlim_t)files) || (fsize && !sabotaged("fsize") && limit(RLIMIT_FSIZE, (rlim_t)fsize));
}

int confine_processes(long pids) { return sabotaged("pids") ? 0 : limit(RLIMIT_NPROC, (rlim_t)pids + 1); }

int confine_resources(void) {
  /* 1: the kernel starts no helper of the host's for a crash, as it does with 0 where core_pattern is a pipe. */
  if (limit(RLIMIT_CORE, 1) || limit(RLIMIT_MEMLOCK, 8 << 20)) return -1;
  return limit(RLIMIT_MSGQUEUE, 819200) || limit(RLIMIT_SIGPENDING, 4096) || limit(RLIMIT_RTPRIO, 0) ? -1 : 0;
}

/* --- Landlock. Constants that older headers lack have their numbers here. */

enum { REFER = 1 << 13, TRUNCATE = 1 << 14, IOCTL_DEV = 1 << 15, SCOPE_ABSTRACT_SOCKETS = 1, SCOPE_SIGNALS = 2 };

struct ruleset {
  __u64 handled_fs, handled_net, scoped;
};

int landlock_level(void) {
  long level = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return level < 0 ? 0 : (int)level;
}

static int allow(int ruleset, const char *path, __u64 access) {
  struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = open(path, O_PATH | O_CLOEXEC)};
  if (rule.parent_fd < 0) return errno == ENOENT ? 0 : -1;
  int failed = (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  close(rule.parent_fd);
  return failed;
}

int confine_landlock(const char *const *writable, int count, int signals) {
  int level = landlock_level();
  if (level < 1 || sabotaged("landlock")) return 0;
  __u64 reading = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
  __u64 everything = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1;
  if (level >= 2) everything |= REFER;
  if (level >= 3) everything |= TRUNCATE;
  if (level >= 5) everything |= IOCTL_DEV;
  __u64 devices = LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK | IOCTL_DEV;
  struct ruleset handled = {.handled_fs = everything, .scoped = level >= 6 ? SCOPE_ABSTRACT_SOCKETS | (signals ? SCOPE_SIGNALS : 0) : 0};
  size_t size = level >= 6 ? sizeof handled : level >= 4 ? 16 : 8;
  int ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, size, 0);
  if (ruleset < 0) return -1;
  int failed = allow(ruleset, "/", reading & everything) || allow(ruleset, "/tmp", everything & ~devices) ||
               allow(ruleset, "/dev/shm", everything & ~devices) || allow(ruleset, "/dev", (reading | LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE) & everything) ||
               allow(ruleset, "/proc", (reading | LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE) & everything);
  for (int i = 0; i < count && !failed; i++) failed = allow(ruleset, writable[i], everything & ~devices);
  if (!failed) failed = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
  close(ruleset);
  return failed ? -1 : 0;
}
