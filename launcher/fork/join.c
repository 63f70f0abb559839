#include "fork/join.h"
#include "confine.h"
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int join_groups(const struct fork_order *order, const int *descriptors) {
  for (uint32_t i = order->unified; i < order->groups; i++)
    if (write(descriptors[FORK_GROUPS + i], "0", 1) < 0) return -1;
  return 0;
}

/* The standard streams, 3 and 4, and nothing else. What is read from comes from nowhere. */
static int place_descriptors(const int *descriptors) {
  static const int from[] = {FORK_OUT, FORK_ERR, FORK_LISTENER, FORK_WORKER};
  int moved[4], null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return -1;
  for (int i = 0; i < 4; i++)
    if ((moved[i] = fcntl(descriptors[from[i]], F_DUPFD_CLOEXEC, 64)) < 0) return -1;
  if (dup2(null, 0) < 0) return -1;
  for (int i = 0; i < 4; i++)
    if (dup2(moved[i], i + 1) < 0) return -1;
  return 0;
}

/* The kernel's calls, not libc's, which would have the zygote's other threads do the same. */
static int become(uint32_t user, uint32_t group) { return syscall(SYS_setresgid, group, group, group) || syscall(SYS_setresuid, user, user, user) ? -1 : 0; }

static int become_user(const struct fork_order *order, int init) {
  if (syscall(SYS_setgroups, 0, NULL) && errno != EPERM) return -1;
  if (!order->users) return confine_bounding() || become(order->uid, order->gid) ? -1 : 0;
  if (setns(init, CLONE_NEWUSER)) return -1;
  return become(1000, 1000) || confine_bounding() ? -1 : 0;
}

int fork_join(const struct fork_order *order, const int *descriptors, const char **step) {
  signal(SIGCHLD, SIG_DFL); /* or a copy that ends before this process would leave no trace, and its init wait for one for ever */
  *step = "cgroup";
  if (join_groups(order, descriptors)) return -1;
  *step = "namespaces";
  if (setns(descriptors[FORK_INIT], CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)) return -1;
  *step = "descriptors";
  if (place_descriptors(descriptors)) return -1;
  *step = "user";
  if (become_user(order, descriptors[FORK_INIT])) return -1;
  *step = "limits";
  if (confine_files(order->files, 0) || confine_resources() || (order->pids && confine_processes(order->pids))) return -1;
  *step = "rights";
  if (confine_capabilities() || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return -1;
  if (confine_landlock(NULL, 0, 1)) return -1;
  *step = "seccomp";
  return confine_seccomp();
}

/* The kernel forgets where libc keeps what it tells about processors, when a process shares its memory; the copy's libc still relies on it. */
extern const ptrdiff_t __rseq_offset __attribute__((weak));
extern const unsigned __rseq_size __attribute__((weak));

static void register_processors(void) {
#if defined __x86_64__
  const unsigned signature = 0x53053053;
#else
  const unsigned signature = 0xd428bc00;
#endif
#ifdef SYS_rseq
  if (&__rseq_offset && &__rseq_size && __rseq_size) syscall(SYS_rseq, (char *)__builtin_thread_pointer() + __rseq_offset, 32, 0, signature);
#endif
}

void fork_settle(int answer) {
  register_processors();
  prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* its own files below /proc are its own, as those of any program */
  file_write("/proc/self/oom_score_adj", "500");
  setsid();
  if (answer >= 0 && answer != FORK_ANSWER && dup3(answer, FORK_ANSWER, O_CLOEXEC) < 0) _exit(1);
  /* Among the others are a pidfd of its init and the folders of its groups, which no code but the platform's may have. */
  if (syscall(SYS_close_range, answer < 0 ? FORK_ANSWER : FORK_ANSWER + 1, ~0U, 0)) _exit(1);
}

void fork_outlive(pid_t between) {
  if (between == 1) return; /* the init has taken its place already */
  struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, between, 0), .events = POLLIN};
  if (end.fd < 0 && errno != ESRCH) _exit(1);
  while (end.fd >= 0 && poll(&end, 1, -1) < 0 && errno == EINTR) {}
  if (end.fd >= 0) close(end.fd);
}
