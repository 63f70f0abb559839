/*
 * The filter of system calls, as BPF: an allowlist; what is not on it fails with EPERM, and new names for old things with ENOSYS. It searches
 * by halving: the kernel runs a new filter once for each call there is, to know those that are always allowed, and that is part of a start.
 */
#include "confine.h"
#include "seccomp_calls.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#else
#error "seccomp: this architecture is not described here"
#endif

#define NUMBER(name) SYS_##name,
static const int allowed[] = {
    CALLS_EVERYWHERE(NUMBER)
#if defined(__x86_64__)
        CALLS_X86_64(NUMBER)
#endif
    SYS_mknodat, /* pipes and sockets; devices are not for it to make */
    CALL_pidfd_send_signal, CALL_pidfd_open, CALL_close_range, CALL_openat2, CALL_faccessat2, CALL_epoll_pwait2, CALL_landlock_create_ruleset,
    CALL_landlock_add_rule, CALL_landlock_restrict_self, CALL_memfd_secret, CALL_futex_waitv, CALL_cachestat, CALL_fchmodat2, CALL_futex_wake,
    CALL_futex_wait, CALL_futex_requeue};

enum { COUNT = sizeof allowed / sizeof *allowed, NEW_NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | 0x80 };

enum action { DENY, ALLOW, MISSING, JUDGE_CLONE, JUDGE_IOCTL, JUDGE_PRCTL, JUDGE_SOCKET };

enum { KNOWN = CALL_futex_requeue + 1 }; /* newer than this list: libc has another way */

/* Numbers from `first` up to the next segment's are treated alike. */
struct segment {
  unsigned int first;
  enum action action;
};

static struct sock_filter program[BPF_MAXINSNS];
static unsigned short used;

static void add(unsigned short code, unsigned char yes, unsigned char no, unsigned int value) {
  if (used < BPF_MAXINSNS) program[used++] = (struct sock_filter){code, yes, no, value};
}

static void load_argument(int index) { /* its low half; both architectures are little-endian */
  add(BPF_LD | BPF_W | BPF_ABS, 0, 0, (unsigned int)(offsetof(struct seccomp_data, args) + 8 * (size_t)index));
}

static void answer(unsigned int result) { add(BPF_RET | BPF_K, 0, 0, result); }

static void fail(int number) { answer(SECCOMP_RET_ERRNO | (unsigned int)number); }

static void equal(unsigned int value, unsigned char yes, unsigned char no) { add(BPF_JMP | BPF_JEQ | BPF_K, yes, no, value); }

static void judge_clone(void) {
  load_argument(0);
  add(BPF_JMP | BPF_JSET | BPF_K, 0, 1, NEW_NAMESPACES);
  fail(EPERM);
  answer(SECCOMP_RET_ALLOW);
}

/* Terminal calls that type into or take over another's terminal. */
static void judge_ioctl(void) {
  load_argument(1);
  equal(TIOCSTI, 3, 0);
  equal(0x541C, 2, 0); /* TIOCLINUX */
  equal(TIOCSETD, 1, 0);
  answer(SECCOMP_RET_ALLOW);
  fail(EPERM);
}

/* Not the merging of equal pages, by which neighbours could find out what each other holds. */
static void judge_prctl(void) {
  load_argument(0);
  equal(67, 0, 1); /* PR_SET_MEMORY_MERGE */
  fail(EPERM);
  answer(SECCOMP_RET_ALLOW);
}

/* Unix, TCP and UDP, and netlink's routing questions, with which runtimes list interfaces. Other protocols would load modules of the host's. */
static void judge_socket(void) {
  load_argument(0);
  equal(AF_UNIX, 13, 0);
  equal(AF_NETLINK, 10, 0);
  equal(AF_INET, 1, 0);
  equal(AF_INET6, 0, 11);
  load_argument(1);
  add(BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xF); /* without SOCK_CLOEXEC and SOCK_NONBLOCK */
  equal(SOCK_STREAM, 1, 0);
  equal(SOCK_DGRAM, 0, 8);
  load_argument(2);
  equal(0, 4, 0);
  equal(IPPROTO_TCP, 3, 0);
  equal(IPPROTO_UDP, 2, 4);
  load_argument(2);
  equal(NETLINK_ROUTE, 0, 1);
  answer(SECCOMP_RET_ALLOW);
  fail(EAFNOSUPPORT);
  fail(EPROTONOSUPPORT);
}

static void act(enum action action) {
  switch (action) {
  case DENY: return fail(EPERM);
  case ALLOW: return answer(SECCOMP_RET_ALLOW);
  case MISSING: return fail(ENOSYS);
  case JUDGE_CLONE: return judge_clone();
  case JUDGE_IOCTL: return judge_ioctl();
  case JUDGE_PRCTL: return judge_prctl();
  case JUDGE_SOCKET: return judge_socket();
  }
}

/* A jump over the lower half, the lower half, the upper half. */
static int search(const struct segment *segments, int count) {
  if (count == 1) return act(segments->action), 0;
  int half = count / 2;
  unsigned short jump = used;
  add(BPF_JMP | BPF_JGE | BPF_K, 0, 0, segments[half].first);
  if (search(segments, half) || used - jump - 1 > 255) return -1;
  program[jump].jt = (unsigned char)(used - jump - 1);
  return search(segments + half, count - half);
}

static int build(void) {
  static enum action actions[KNOWN + 1];
  static struct segment segments[KNOWN + 1];
  int count = 0;
  for (int i = 0; i < COUNT; i++) actions[allowed[i]] = ALLOW;
  actions[SYS_clone] = JUDGE_CLONE;
  actions[SYS_ioctl] = JUDGE_IOCTL;
  actions[SYS_prctl] = JUDGE_PRCTL;
  actions[SYS_socket] = actions[SYS_socketpair] = JUDGE_SOCKET;
  actions[CALL_clone3] = MISSING; /* its flags lie in memory, where no filter sees them; libc then uses clone */
  actions[CALL_io_uring_setup] = MISSING;
  actions[KNOWN] = MISSING; /* and all above it, the x32 names of the same calls among them */
  for (int i = 0; i <= KNOWN; i++)
    if (!i || actions[i] != actions[i - 1]) segments[count++] = (struct segment){(unsigned int)i, actions[i]};
  add(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch));
  equal(OUR_ARCH, 1, 0);
  answer(SECCOMP_RET_KILL_PROCESS);
  add(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
  return search(segments, count);
}

int confine_prepare(void) {
  if (!used && !build() && used < BPF_MAXINSNS) return 0;
  errno = EOVERFLOW;
  return -1;
}

int confine_seccomp(void) {
  if (sabotaged("seccomp")) return 0;
  struct sock_fprog filter = {used, program};
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
}
