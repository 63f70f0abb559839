#include "sandbox.h"
#include "confine.h"
#include "dial.h"
#include "files.h"
#include "init.h"
#include "mounts.h"
#include "fork/order.h"
#include "zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef MOUNT_ATTR_RDONLY
#include <linux/mount.h>
#endif

int64_t nanos_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

pid_t sandbox_clone(const struct cgroup *group, int zygote, int *pidfd) {
  struct {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
  } arguments = {.flags = CLONE_PIDFD | (zygote ? 0 : CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS), .pidfd = (uint64_t)(uintptr_t)pidfd, .exit_signal = SIGCHLD};
  if (group->unified >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = (uint64_t)group->unified;
  }
  return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

/* --- telling the launcher */

struct start {
  const struct plan *plan;
  struct report report;
  int64_t last;
};

static void step(struct start *start, const char *name) {
  int64_t now = nanos_now();
  if (start->report.count < MOST_STEPS) {
    snprintf(start->report.steps[start->report.count].name, STEP_NAME, "%s", name);
    start->report.steps[start->report.count++].micros = (uint32_t)((now - start->last) / 1000);
  }
  start->last = now;
}

static void tell(struct start *start) {
  ssize_t told;
  int naps = NAPS;
  do told = write(start->plan->report, &start->report, sizeof start->report);
  while (told < 0 && file_await_memory(&naps));
  if (told != sizeof start->report) _exit(1);
}

static void fail(struct start *start, const char *where, const char *about) __attribute__((noreturn));
static void fail(struct start *start, const char *where, const char *about) {
  start->report.failed = errno ? errno : EIO;
  snprintf(start->report.failed_at, sizeof start->report.failed_at, "%s", where);
  snprintf(start->report.about, sizeof start->report.about, "%s", about);
  tell(start);
  _exit(1);
}

/* --- mounts */

static const unsigned long long PLAIN = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

/* Copies, made while the host's files can still be named. */
static void open_sources(struct start *start, int *copies) {
  const struct request *request = start->plan->request;
  for (int i = 0; i < request->mountc; i++) {
    copies[i] = mount_copy_named(request->mounts[i].source, PLAIN | (request->mounts[i].writable ? 0 : MOUNT_ATTR_RDONLY));
    if (copies[i] < 0) fail(start, "mount", request->mounts[i].source);
  }
}

static int is_there(const char *path) {
  struct stat status;
  return !lstat(path, &status);
}

static int is_folder(const char *path) {
  struct stat status;
  return !lstat(path, &status) && S_ISDIR(status.st_mode);
}

/* Places that the common root does not have: below /opt, in a small memory of the sandbox's own. */
static int make_places(const struct request *request, int *made) {
  int missing = 0;
  for (int i = 0; i < request->mountc; i++) missing |= !strncmp(request->mounts[i].target, "/opt/", 5) && !is_there(request->mounts[i].target);
  *made = missing;
  if (!missing) return 0;
  int memory = mount_memory(1 << 16, 256, PLAIN);
  if (memory < 0 || mount_attach(memory, "/opt")) return -1;
  close(memory);
  for (int i = 0; i < request->mountc; i++) {
    char path[1024];
    if (strncmp(request->mounts[i].target, "/opt/", 5)) continue;
    snprintf(path, sizeof path, "%s", request->mounts[i].target);
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
      *slash = 0;
      mkdir(path, 0755);
      *slash = '/';
    }
    if (mkdir(path, 0755) && errno != EEXIST) return -1;
  }
  return 0;
}

/* One tmpfs holds /tmp and /dev/shm, so that one limit of bytes and of inodes covers both. Its parts can be copied once it is attached, on
 * kernels before 6.15: it is, where its own part covers it. */
static int attach_memory(const struct plan *plan, struct doors *doors) {
  const struct request *request = plan->request;
  int tmp = sabotaged("tmp");
  int memory = mount_memory(tmp ? 0 : request->tmp ? request->tmp : 4096, tmp ? 0 : request->inodes, PLAIN);
  if (memory < 0 || mount_attach(memory, "/tmp")) return -1;
  static const char *const names[] = {"shm", "tmp"}, *const targets[] = {"/dev/shm", "/tmp"};
  for (int i = 0; i < 2; i++) {
    if (mkdirat(memory, names[i], 01777) || fchmodat(memory, names[i], 01777, 0) || fchownat(memory, names[i], plan->uid, plan->gid, 0)) return -1;
    int part = mount_part(memory, names[i]);
    if (part < 0 || mount_attach(part, targets[i])) return -1;
    close(part);
  }
  doors->memory = memory;
  return 0;
}

static const char *const HIDDEN[] = {"/proc/kcore", "/proc/keys", "/proc/key-users", "/proc/timer_list", "/proc/sysrq-trigger", "/proc/kallsyms", "/proc/kmsg", "/proc/sched_debug", "/proc/latency_stats", "/proc/acpi", "/proc/scsi"};
static unsigned absent, folders; /* bit i: this kernel has no HIDDEN[i], or has a folder there */

void sandbox_prepare(void) {
  for (size_t i = 0; i < sizeof HIDDEN / sizeof *HIDDEN; i++)
    if (!is_there(HIDDEN[i])) absent |= 1U << i;
    else if (is_folder(HIDDEN[i])) folders |= 1U << i;
}

static int attach_proc(int shown) {
  int proc = shown >= 0 ? shown : mount_proc();
  if (proc < 0 || mount_attach(proc, "/proc")) return -1;
  close(proc);
  int settings = mount_copy("/proc/sys", MOUNT_ATTR_RDONLY, 0);
  if (settings < 0 || mount_attach(settings, "/proc/sys")) return -1;
  close(settings);
  for (size_t i = 0; i < sizeof HIDDEN / sizeof *HIDDEN; i++) {
    if (absent >> i & 1) continue;
    int nothing = mount_part(AT_FDCWD, folders >> i & 1 ? "/home" : "/dev/null"); /* with the attributes they have in the root */
    if (nothing < 0 || mount_attach(nothing, HIDDEN[i])) return -1;
    close(nothing);
  }
  return 0;
}

static void enter_root(struct start *start, struct doors *doors) {
  const struct plan *plan = start->plan;
  const struct request *request = plan->request;
  int copies[MOST_MOUNTS];
  open_sources(start, copies);
  int shown = sabotaged("processes") ? mount_copy("/proc", PLAIN, 0) : -1;
  if (setns(plan->around->root_namespace, CLONE_NEWNS) || unshare(CLONE_NEWNS)) fail(start, "root", "");
  if (attach_memory(plan, doors)) fail(start, "tmp", "");
  if (request->shape != SHAPE_ZYGOTE && attach_proc(shown)) fail(start, "proc", ""); /* a zygote has no pid namespace that one would be of */
  int made;
  if (make_places(request, &made)) fail(start, "places", "");
  for (int i = 0; i < request->mountc; i++) {
    if (mount_attach(copies[i], request->mounts[i].target)) fail(start, "mount", request->mounts[i].target);
    close(copies[i]);
  }
  if (made && mount_protect("/opt", PLAIN | MOUNT_ATTR_RDONLY)) fail(start, "places", "");
}

/* --- users and rights */

static int write_map(const char *file, unsigned inside, unsigned outside) {
  char text[40];
  snprintf(text, sizeof text, "%u %u 1\n", inside, outside);
  return file_write(file, text);
}

static void give_up_rights(struct start *start) {
  const struct plan *plan = start->plan;
  /* Where a user namespace follows, it starts with all of them again. */
  if (!plan->around->users && confine_bounding()) fail(start, "capabilities", "");
  if (setgroups(0, NULL) && errno != EPERM) fail(start, "user", ""); /* EPERM: without root and ranges of users, groups cannot be left */
  if (plan->uid != geteuid() && (setresgid(plan->gid, plan->gid, plan->gid) || setresuid(plan->uid, plan->uid, plan->uid))) fail(start, "user", "");
  prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* its own files below /proc are its own to write only so */
  if (plan->around->users) {
    if (unshare(CLONE_NEWUSER)) fail(start, "user namespace", "");
    if ((file_write("/proc/self/setgroups", "deny") && errno != ENOENT) || write_map("/proc/self/uid_map", 1000, plan->uid) ||
        write_map("/proc/self/gid_map", 1000, plan->gid))
      fail(start, "user map", "");
    if (confine_bounding()) fail(start, "capabilities", "");
  }
  /* In its own user namespace: set before, it would bind all processes of this user on the machine together. */
  if (confine_resources()) fail(start, "limits", "");
  if (!sabotaged("no_new_privs") && confine_capabilities()) fail(start, "capabilities", "");
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  if (!sabotaged("no_new_privs") && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail(start, "no_new_privs", "");
  const char *writable[MOST_MOUNTS];
  int count = 0;
  for (int i = 0; i < plan->request->mountc; i++)
    if (plan->request->mounts[i].writable) writable[count++] = plan->request->mounts[i].target;
  /* A copy of a zygote confines itself, so the init may signal it only where it does not bind itself to its own children. */
  if (confine_landlock(writable, count, plan->zygote < 0)) fail(start, "landlock", "");
}

/* The launcher's death is ours. Set after the last change of user, which clears it. */
static void die_with_launcher(const struct plan *plan) {
  struct pollfd gone = {.fd = plan->around->launcher, .events = POLLIN};
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (poll(&gone, 1, 0) > 0) _exit(1); /* it died before: a pidfd tells, a pipe would be held open by our siblings */
}

static void await_copy(struct start *start, struct doors *doors) {
  char failed_at[24], why[100];
  if (zygote_hear(start->plan, doors, failed_at, why)) fail(start, failed_at, why);
  step(start, "fork");
}

/* What runs in it is the platform's own, until it is copied. */
static void start_zygote(struct start *start, const struct doors *doors) __attribute__((noreturn));
static void start_zygote(struct start *start, const struct doors *doors) {
  const struct request *request = start->plan->request;
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC), orders = fcntl(start->plan->orders, F_DUPFD_CLOEXEC, 64), worker = fcntl(doors->worker, F_DUPFD_CLOEXEC, 64);
  int report = fcntl(start->plan->report, F_DUPFD_CLOEXEC, 64);
  if (null < 0 || orders < 0 || worker < 0 || report < 0 || dup2(null, 0) < 0 || dup2(2, 1) < 0 || dup2(orders, 3) < 0 || dup2(worker, 4) < 0) fail(start, "descriptors", "");
  close_range(5, 63, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
  if (chdir(request->cwd)) fail(start, "program", ""); /* its copies limit themselves, and some may have more files than others */
  start->report.failed = 0;
  if (write(report, &start->report, sizeof start->report) != sizeof start->report) _exit(1);
  execve(request->argv[0], request->argv, request->env);
  dprintf(2, "cannot start %s: %s\n", request->argv[0], strerror(errno));
  _exit(127);
}

void sandbox_become_zygote(const struct plan *plan) {
  struct start start = {.plan = plan, .last = plan->started};
  prctl(PR_SET_NAME, "mayfly-zygote", 0, 0, 0);
  step(&start, "clone");
  errno = EAGAIN; /* where pids have just begun to be given out, in a container; the next one has another */
  if (getpid() == FORKED_PID) fail(&start, "pid", "its copies would have the same, by which libraries notice that they are copies");
  if (cgroup_join(plan->group)) fail(&start, "cgroup", "");
  struct doors doors;
  if (dial_worker(plan->request, &doors)) fail(&start, "sockets", plan->request->run);
  if (unshare(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)) fail(&start, "network", "");
  umask(0022);
  enter_root(&start, &doors);
  step(&start, "mounts");
  setsid();
  const char *missing = "";
  if (zygote_confine(&missing) || confine_resources()) fail(&start, "rights", missing);
  die_with_launcher(plan);
  step(&start, "start");
  start_zygote(&start, &doors);
}

void sandbox_become(const struct plan *plan) {
  struct start start = {.plan = plan, .last = plan->started};
  struct request *request = plan->request;
  prctl(PR_SET_NAME, "mayfly-init", 0, 0, 0);
  step(&start, "clone");
  file_write("/proc/self/oom_score_adj", "500"); /* before the server and the host, whatever protects those, this may be ended */
  if (cgroup_join(plan->group)) fail(&start, "cgroup", "");
  step(&start, "cgroup");
  if (sabotaged("network")) close(plan->network);
  else if (plan->network >= 0 ? setns(plan->network, CLONE_NEWNET) : unshare(CLONE_NEWNET) || loopback_up()) fail(&start, "network", "");
  step(&start, "network");
  struct doors doors; /* made in its own network: through a socket of the host's, code could ask after the host's interfaces */
  if (plan->control >= 0) doors_of_probe(&doors, plan->control);
  else if (dial(request, &doors)) fail(&start, "sockets", request->run);
  doors.names = dns_open(&doors);
  step(&start, "sockets");
  umask(0022); /* places for mounts, and what the program makes, are for its user to read; the sockets above were not */
  enter_root(&start, &doors);
  step(&start, "mounts");
  if (unshare(CLONE_NEWCGROUP) && errno != EINVAL) fail(&start, "cgroup namespace", "");
  if (sethostname(request->hostname, strlen(request->hostname))) fail(&start, "hostname", "");
  setsid();
  give_up_rights(&start);
  die_with_launcher(plan);
  step(&start, "rights");
  struct plan settled = *plan;
  doors.report = plan->report;
  int failed = init_pipes(&doors);
  if (!failed && plan->zygote >= 0 && zygote_ask(plan, &doors)) fail(&start, "zygote", "");
  if (!failed) failed = init_settle(&doors);
  settled.report = doors.report;
  start.plan = &settled;
  if (failed) fail(&start, "descriptors", "");
  if (confine_seccomp()) fail(&start, "seccomp", "");
  if (sabotaged("no_new_privs") && confine_capabilities()) fail(&start, "capabilities", ""); /* which the steps between need in its stead */
  if (plan->zygote >= 0) await_copy(&start, &doors); /* it is made meanwhile */
  pid_t program = plan->zygote >= 0 ? FORKED_PID + request->seated : request->argc || plan->probe ? init_start(request, &doors, plan->probe) : 0;
  if (program < 0) fail(&start, "fork", "");
  step(&start, "start");
  start.report.failed = 0;
  tell(&start);
  init_run(request, &doors, program, plan->around->domain);
}
