/* The filter of system calls, as BPF: an allowlist; what is not on it fails with EPERM, and new names for old things with ENOSYS. */
#include "confine.h"
#include "seccomp_calls.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
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
static int allowed[] = {
    CALLS_EVERYWHERE(NUMBER)
#if defined(__x86_64__)
        CALLS_X86_64(NUMBER)
#endif
    SYS_mknodat, /* pipes and sockets; devices are not for it to make */
    CALL_pidfd_send_signal, CALL_pidfd_open, CALL_close_range, CALL_openat2, CALL_faccessat2, CALL_epoll_pwait2, CALL_landlock_create_ruleset,
    CALL_landlock_add_rule, CALL_landlock_restrict_self, CALL_memfd_secret, CALL_futex_waitv, CALL_cachestat, CALL_fchmodat2, CALL_futex_wake,
    CALL_futex_wait, CALL_futex_requeue};

enum { COUNT = sizeof allowed / sizeof *allowed, NEW_NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | 0x80 };

/* Allowed only with certain arguments; decided before the list. */
static const int judged[] = {SYS_clone, SYS_socket, SYS_ioctl, SYS_socketpair};

static struct sock_filter program[BPF_MAXINSNS];
static unsigned short used;

static void add(unsigned short code, unsigned char yes, unsigned char no, unsigned int value) {
  if (used < BPF_MAXINSNS) program[used++] = (struct sock_filter){code, yes, no, value};
}

static void load_argument(int index) { /* its low half; both architectures are little-endian */
  add(BPF_LD | BPF_W | BPF_ABS, 0, 0, (unsigned int)(offsetof(struct seccomp_data, args) + 8 * (size_t)index));
}

static void load_number(void) { add(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr)); }

static void answer(unsigned int action) { add(BPF_RET | BPF_K, 0, 0, action); }

static void fail(int number) { answer(SECCOMP_RET_ERRNO | (unsigned int)number); }

static void equal(unsigned int value, unsigned char yes, unsigned char no) { add(BPF_JMP | BPF_JEQ | BPF_K, yes, no, value); }

static void judge_clone(void) {
  equal(SYS_clone, 0, 4);
  load_argument(0);
  add(BPF_JMP | BPF_JSET | BPF_K, 0, 1, NEW_NAMESPACES);
  fail(EPERM);
  answer(SECCOMP_RET_ALLOW);
}

/* Terminal calls that type into or take over another's terminal. */
static void judge_ioctl(void) {
  equal(SYS_ioctl, 0, 6);
  load_argument(1);
  equal(TIOCSTI, 3, 0);
  equal(0x541C, 2, 0); /* TIOCLINUX */
  equal(TIOCSETD, 1, 0);
  answer(SECCOMP_RET_ALLOW);
  fail(EPERM);
}

/* Unix, IPv4, IPv6, and netlink's routing questions, with which runtimes list interfaces. */
static void judge_socket(int number) {
  equal((unsigned int)number, 0, 9);
  load_argument(0);
  equal(AF_UNIX, 5, 0);
  equal(AF_INET, 4, 0);
  equal(AF_INET6, 3, 0);
  equal(AF_NETLINK, 0, 3);
  load_argument(2);
  equal(NETLINK_ROUTE, 0, 1);
  answer(SECCOMP_RET_ALLOW);
  fail(EAFNOSUPPORT);
}

static int ascending(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

static int is_judged(int number) {
  for (size_t i = 0; i < sizeof judged / sizeof *judged; i++)
    if (judged[i] == number) return 1;
  return 0;
}

static void build(void) {
  add(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch));
  equal(OUR_ARCH, 1, 0);
  answer(SECCOMP_RET_KILL_PROCESS);
  load_number();
#if defined(__x86_64__)
  add(BPF_JMP | BPF_JGE | BPF_K, 0, 1, 0x40000000); /* the x32 names of the same calls */
  fail(ENOSYS);
#endif
  equal(CALL_clone3, 0, 1); /* its flags lie in memory, where no filter sees them; libc then uses clone */
  fail(ENOSYS);
  equal(CALL_io_uring_setup, 0, 1);
  fail(ENOSYS);
  add(BPF_JMP | BPF_JGT | BPF_K, 0, 1, CALL_futex_requeue); /* newer than this list: libc has another way */
  fail(ENOSYS);
  judge_clone();
  judge_ioctl();
  judge_socket(SYS_socket);
  judge_socket(SYS_socketpair);
  qsort(allowed, COUNT, sizeof *allowed, ascending);
  for (int i = 0; i < COUNT;) {
    int last = i;
    if (is_judged(allowed[i])) {
      i++;
      continue;
    }
    while (last + 1 < COUNT && allowed[last + 1] <= allowed[last] + 1 && !is_judged(allowed[last + 1])) last++;
    add(BPF_JMP | BPF_JGE | BPF_K, 0, 2, (unsigned int)allowed[i]);
    add(BPF_JMP | BPF_JGT | BPF_K, 1, 0, (unsigned int)allowed[last]);
    answer(SECCOMP_RET_ALLOW);
    i = last + 1;
  }
  fail(EPERM);
}

int confine_seccomp(void) {
  if (sabotaged("seccomp")) return 0;
  if (!used) build();
  struct sock_fprog filter = {used, program};
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
}
