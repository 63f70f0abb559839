#include "fork/serve.h"
#include "fork/join.h"
#include "fork/raw.h"
#include "fork/seats.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
  struct fork_order order;
  int descriptors[FORK_DESCRIPTORS], count;
  int seating; /* whether seats are asked for, and no copies yet */
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
  return whole && now.order.unified <= 1 && now.order.groups >= now.order.unified && now.count == FORK_GROUPS + (int)now.order.groups + (now.order.kind == FORK_ZYGOTE) ? 1 : -1;
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
  if (fork_join(&now.order, now.descriptors, &step)) {
    reply(errno ? errno : EIO, step);
    _exit(1);
  }
  if (now.seating) {
    int failed = seat_leave();
    reply(failed ? errno : 0, "seat");
    _exit(failed != 0);
  }
  pid_t copy = fork(); /* libc's, with all that has been registered to be done around it */
  if (copy == 0) _longjmp(now.back, 1);
  reply(copy < 0 ? errno : 0, "fork");
  _exit(copy < 0);
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

static void close_all(void) {
  for (int i = 0; i < now.count; i++) close(now.descriptors[i]);
  now.count = 0;
}

/* --- a zygote in turn */

/* What moves into its sandbox: it has the memory of the process that gave out seats, and takes its place when that has ended. */
static struct {
  struct fork_order order;
  int descriptors[FORK_DESCRIPTORS], predecessor;
  int *number; /* where libc keeps the number of this thread */
  void *locks; /* and the list of locks that the kernel is to free at its end */
  size_t locks_size;
  volatile int joined; /* 1, or -1: it could not */
  pid_t pid;           /* as it is called inside */
  jmp_buf back;
} moving;

static int move_in(void *unused) {
  (void)unused;
  const char *step = "";
  struct pollfd gone = {.fd = fcntl(moving.predecessor, F_DUPFD_CLOEXEC, 128), .events = POLLIN};
  moving.joined = gone.fd < 0 || fork_join(&moving.order, moving.descriptors, &step) ? -1 : 1;
  if (moving.joined < 0) _exit(1);
  while (syscall(SYS_ppoll, &gone, 1, NULL, NULL, 8) < 0) {}
  *moving.number = (int)syscall(SYS_set_tid_address, moving.number); /* only now: the end of the predecessor has cleared it */
  syscall(SYS_set_robust_list, moving.locks, moving.locks_size);
  _longjmp(moving.back, 1);
}

/* The kernel knows, and tells where it was built to; else it is the one place in what libc keeps of a thread that holds the number. */
static int *number_of_this_thread(void) {
  enum { LONGEST = 2304 / sizeof(int) };
  int *number = NULL, *thread = (int *)(uintptr_t)pthread_self(), found = 0, tid = (int)syscall(SYS_gettid);
  if (!prctl(PR_GET_TID_ADDRESS, &number)) return number;
  for (int i = 0; i < LONGEST; i++)
    if (thread[i] == tid) number = &thread[i], found++;
  return found == 1 ? number : NULL;
}

/* In a process between, which is in the sandbox's group from its birth and leaves nothing but the successor there. */
static void beget(char *stack) __attribute__((noreturn, noinline));
static void beget(char *stack) {
  moving.pid = clone(move_in, stack, CLONE_VM | CLONE_PARENT | SIGCHLD, NULL);
  _exit(moving.pid < 0);
}

static __attribute__((noinline)) int successor(void) {
  enum { STACK = 64 * 1024 };
  moving.number = number_of_this_thread();
  char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED || !moving.number || syscall(SYS_get_robust_list, 0, &moving.locks, &moving.locks_size)) return -1;
  if (setns(moving.descriptors[FORK_INIT], CLONE_NEWPID)) return -1;
  pid_t between = lend_all(moving.order.unified ? moving.descriptors[FORK_GROUPS] : -1);
  if (between == 0) beget(stack + STACK);
  return between < 0 || moving.pid < 0 ? -1 : 0;
}

/* Gives out seats until it is told what to load. 0, or -1 when nobody wants any. */
static int seat_others(int orders) {
  struct pollfd waits[2] = {{.fd = orders, .events = POLLIN}, {.fd = moving.descriptors[FORK_WORKER], .events = POLLIN}};
  now.seating = 1;
  while (!waits[1].revents) { /* orders that were sent before have been served by then: whoever sent them waited for the answer */
    if (poll(waits, 2, -1) < 0 && errno != EINTR) return -1;
    if (!waits[0].revents || waits[1].revents) continue;
    int got = receive(orders);
    if (got == 0) return -1;
    if (got < 0) reply(EPROTO, "order");
    else copy_once();
    close_all();
  }
  return waits[1].revents & POLLIN ? 0 : -1;
}

/* In a process of its own, with all rights and nobody's code. Its seats are in their sandboxes when it ends, and in its place goes on one that
 * is in its own, shut in as well; returns there. */
static __attribute__((noinline)) void hold_seats(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid() != parent) _exit(1);
  int orders = now.descriptors[now.count - 1];
  /* Those of the zygote that this is a copy of, whose end must be seen when it ends. Their places are not to be had: they are the worker's. */
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(nothing, 3);
  dup2(nothing, 4);
  moving.order = now.order;
  memcpy(moving.descriptors, now.descriptors, sizeof moving.descriptors);
  moving.predecessor = (int)syscall(SYS_pidfd_open, getpid(), 0);
  static const unsigned char hello[] = {0, 0, 0, 6, 0x10, 2, 0, 0, 0, FORKED_PID}; /* docs/worker-protocol.md: in its successor's name */
  int said = moving.predecessor >= 0 && write(moving.descriptors[FORK_WORKER], hello, sizeof hello) == sizeof hello;
  reply(said ? 0 : errno, "hold");
  now.count = 0;
  if (_setjmp(moving.back)) return;
  if (moving.predecessor < 0 || seat_others(orders)) _exit(1);
  if (successor()) _exit(1);
  while (!moving.joined && waitpid(-1, NULL, WNOHANG) == 0) usleep(100); /* it may be killed on its way: then there are no children */
  _exit(moving.joined != 1);
}

/* 0, or what the copy is told of itself. */
static int serve_one(void) {
  int answer = now.order.pids ? 1 : 2;
  if (now.order.kind == FORK_COPY) return copy_once() ? answer : 0;
  pid_t parent = getpid(), holder = fork();
  if (holder < 0) reply(errno, "fork");
  if (holder) return 0;
  hold_seats(parent);
  return 3;
}

int fork_serve(int orders, void (*before)(void), void (*after_in_parent)(void), void (*after_in_copy)(void)) {
  /* The parent of those who move into sandboxes, whose inits wait for the last trace of them: so nothing is left of a child when it ends. */
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  signal(SIGCHLD, SIG_IGN);
  for (int got; (got = receive(orders)) != 0;) {
    if (got < 0) {
      reply(EPROTO, "order");
    } else {
      before();
      int answer = serve_one();
      if (answer) {
        fork_settle();
        after_in_copy();
        return answer;
      }
      after_in_parent();
    }
    close_all();
  }
  return 0;
}
