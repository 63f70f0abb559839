#include "fork/serve.h"
#include "fork/join.h"

#include <errno.h>
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
  jmp_buf back;
} now;

/* 1, 0 at the end, -1 for what is no order. */
static int receive(int orders) {
  char control[CMSG_SPACE(sizeof now.descriptors)];
  struct iovec part = {&now.order, sizeof now.order};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t got;
  do got = recvmsg(orders, &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got <= 0) return 0;
  now.count = 0;
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS) {
    now.count = (int)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(now.descriptors, CMSG_DATA(head), (size_t)now.count * sizeof(int));
  }
  int whole = got == sizeof now.order && now.order.size == sizeof now.order && !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC));
  return whole && now.order.unified <= 1 && now.order.groups >= now.order.unified && now.count == FORK_GROUPS + (int)now.order.groups ? 1 : -1;
}

static void reply(int failed, const char *step) {
  struct fork_reply reply = {.failed = failed};
  snprintf(reply.step, sizeof reply.step, "%s", step);
  if (now.count > FORK_REPLY && write(now.descriptors[FORK_REPLY], &reply, sizeof reply) != sizeof reply) return; /* whoever asked is gone */
}

/* In the process between zygote and copy, which becomes one of the sandbox while it still has the zygote's memory. So the copy never has any
 * right that it should not have, and when this one ends, the sandbox's init is its parent. */
static void bring_forth(void) __attribute__((noreturn, noinline));
static void bring_forth(void) {
  const char *step = "";
  int answer = now.descriptors[FORK_REPLY];
  if (fork_join(&now.order, now.descriptors, &step)) {
    reply(errno ? errno : EIO, step);
    _exit(1);
  }
  pid_t copy = fork(); /* libc's, with all that has been registered to be done around it */
  if (copy == 0) _longjmp(now.back, 1);
  now.descriptors[FORK_REPLY] = answer;
  reply(copy < 0 ? errno : 0, "fork");
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
  if (child < 0) reply(errno, "clone");
  while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
}

/* Only who is born after it is in the pid namespace that is entered here, and from it there is no way back: so in a process of its own. */
static void enter_pids(void) __attribute__((noreturn, noinline));
static void enter_pids(void) {
  if (setns(now.descriptors[FORK_INIT], CLONE_NEWPID)) {
    reply(errno, "pid namespace");
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
  return 0;
}

int fork_serve(int orders, void (*before)(void), void (*after_in_parent)(void), void (*after_in_copy)(void)) {
  for (int got; (got = receive(orders)) != 0;) {
    if (got < 0) {
      reply(EPROTO, "order");
    } else {
      before();
      if (copy_once()) {
        fork_settle();
        after_in_copy();
        return now.order.pids ? 1 : 2;
      }
      after_in_parent();
    }
    for (int i = 0; i < now.count; i++) close(now.descriptors[i]);
    now.count = 0;
  }
  return 0;
}
