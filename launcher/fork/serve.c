#include "fork/serve.h"
#include "fork/fit.h"
#include "fork/join.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_INTO_CGROUP
#include <linux/sched.h>
#endif

static struct {
  struct fork_order order;
  int descriptors[FORK_DESCRIPTORS], count;
  int known_private; /* it has been found that copies share no memory */
  volatile int halfway;
  sigset_t signals;
  jmp_buf back;
} now;

static int is_over(int orders) {
  struct pollfd end = {.fd = orders};
  return poll(&end, 1, 0) > 0 && end.revents & (POLLHUP | POLLERR | POLLNVAL);
}

static int is_whole(const struct msghdr *message, ssize_t got) {
  const struct fork_order *order = &now.order;
  return got == sizeof *order && order->size == sizeof *order && !(message->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) && order->unified <= 1 &&
         order->groups >= order->unified && order->groups <= MOST_GROUPS && now.count == FORK_GROUPS + (int)order->groups;
}

/* 1, 0 at the end, -1 for what is no order. */
static int receive(int orders) {
  union {
    char bytes[CMSG_SPACE(sizeof now.descriptors)];
    struct cmsghdr head;
  } control;
  struct iovec part = {&now.order, sizeof now.order};
  /* No more than there is room for: CMSG_SPACE rounds up. */
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = CMSG_LEN(sizeof now.descriptors)};
  ssize_t got;
  now.count = 0;
  do got = recvmsg(orders, &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got < 0 || (got == 0 && is_over(orders))) return 0;
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS) {
    now.count = (int)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(now.descriptors, CMSG_DATA(head), (size_t)now.count * sizeof(int));
  }
  return is_whole(&message, got) ? 1 : -1;
}

/* Whoever asked may be gone: then nobody is told. */
static void reply(int socket, enum fork_stage stage, int failed, const char *step, const char *why) {
  struct fork_reply reply = {.stage = stage, .failed = failed};
  snprintf(reply.step, sizeof reply.step, "%s", step);
  snprintf(reply.why, sizeof reply.why, "%s", why);
  if (socket >= 0) send(socket, &reply, sizeof reply, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void fail(int failed, const char *step, const char *why) {
  reply(now.count > FORK_REPLY ? now.descriptors[FORK_REPLY] : -1, FORK_FAILED, failed ? failed : EIO, step, why);
}

static int share_nothing(void) {
  if (!now.known_private) now.known_private = fit_private();
  if (now.known_private == 1) return 1;
  int failure = now.known_private ? errno : EBUSY;
  now.known_private = 0;
  fail(failure, "memory", "something it has loaded has memory that all copies would share");
  return 0;
}

/* In the process between zygote and copy, which becomes one of the sandbox while it still has the zygote's memory. So the copy never has any
 * right that it should not have, and when this one ends, the sandbox's init is its parent. */
static void bring_forth(void) __attribute__((noreturn, noinline));
static void bring_forth(void) {
  const char *step = "";
  if (fork_join(&now.order, now.descriptors, &step)) {
    fail(errno, step, "");
    _exit(1);
  }
  if (!share_nothing()) _exit(1);
  now.halfway = 1;
  pid_t copy = fork(); /* libc's, with all that has been registered to be done around it */
  if (copy == 0) _longjmp(now.back, 1);
  now.halfway = 0;
  if (copy < 0) fail(errno, "fork", "");
  else reply(now.descriptors[FORK_REPLY], FORK_COPIED, 0, "copy", "");
  _exit(copy < 0);
}

/* Like vfork: the child has this memory and this stack until it ends, and meanwhile nothing else here runs. */
static inline __attribute__((always_inline)) pid_t lend_all(int unified) {
  struct {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
  } arguments = {.flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD};
  if (unified >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = (uint64_t)unified;
  }
  long result;
#if defined __x86_64__
  __asm__ volatile("syscall" : "=a"(result) : "0"((long)SYS_clone3), "D"(&arguments), "S"(sizeof arguments) : "rcx", "r11", "memory");
#elif defined __aarch64__
  register long number __asm__("x8") = SYS_clone3;
  register long first __asm__("x0") = (long)&arguments;
  register long second __asm__("x1") = sizeof arguments;
  __asm__ volatile("svc 0" : "+r"(first) : "r"(number), "r"(second) : "memory");
  result = first;
#else
#error "a processor that this was not written for"
#endif
  return result < 0 ? (errno = (int)-result, -1) : (pid_t)result;
}

static void wait_for(pid_t child) {
  if (child < 0) fail(errno, "clone", "");
  while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
}

/* Only who is born after it is in the pid namespace that is entered here, and from it there is no way back: so in a process of its own. */
static void enter_pids(void) __attribute__((noreturn, noinline));
static void enter_pids(void) {
  if (setns(now.descriptors[FORK_INIT], CLONE_NEWPID)) {
    fail(errno, "pid namespace", "");
    _exit(1);
  }
  pid_t between = lend_all(now.order.unified ? now.descriptors[FORK_GROUPS] : -1);
  if (between == 0) bring_forth();
  wait_for(between);
  _exit(0);
}

/* 1 in the copy. */
static __attribute__((noinline)) int copy_once(void) {
  if (_setjmp(now.back)) return 1;
  pid_t entering = lend_all(-1);
  if (entering == 0) enter_pids();
  wait_for(entering);
  if (!now.halfway) return 0;
  /* Killed with its sandbox. What libraries have locked for a fork stays locked, and this memory is ours. */
  dprintf(2, "a copy was ended while it was made, and its zygote with it\n");
  _exit(1);
}

/* It has the zygote's memory and the copy's user: before anything runs that is not the platform's, it has to be gone. */
static void outlive(pid_t between) {
  if (between == 1) return; /* the init has taken its place already */
  struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, between, 0), .events = POLLIN};
  while (end.fd >= 0 && poll(&end, 1, -1) < 0 && errno == EINTR) {}
  if (end.fd >= 0) close(end.fd);
}

/* Nobody else's handlers run where memory is lent. */
static void hold_signals(void) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &now.signals);
}

int fork_serve(int orders, void (*before)(void), void (*after_in_parent)(void), void (*after_in_copy)(void)) {
  for (int got; (got = receive(orders)) != 0;) {
    if (got < 0) {
      fail(EPROTO, "order", "");
    } else if (!fit_alone()) {
      fail(EBUSY, "threads", "something it has loaded runs threads that a copy would not have");
    } else {
      before();
      hold_signals();
      if (copy_once()) {
        fork_settle(now.descriptors[FORK_REPLY]);
        sigprocmask(SIG_SETMASK, &now.signals, NULL);
        after_in_copy();
        outlive(getppid());
        reply(FORK_ANSWER, FORK_SETTLED, 0, "", "");
        close(FORK_ANSWER);
        return now.order.pids ? 1 : 2;
      }
      sigprocmask(SIG_SETMASK, &now.signals, NULL);
      after_in_parent();
    }
    for (int i = 0; i < now.count; i++) close(now.descriptors[i]);
  }
  return 0;
}
