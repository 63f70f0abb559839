#include "fork/serve.h"
#include "fork/fit.h"
#include "fork/join.h"
#include "fork/raw.h"
#include "fork/seats.h"
#include "fork/successor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
  struct fork_order order;
  int descriptors[FORK_DESCRIPTORS], count;
  int seating;       /* whether seats are asked for, and no copies */
  int known_private; /* it has been found that copies share no memory */
  volatile int lent;    /* one between may be at work, on the stack below */
  volatile int halfway; /* and it may have locked what libraries lock for a fork */
  sigset_t signals;
  jmp_buf back;
} now;

static int is_over(int orders) {
  struct pollfd end = {.fd = orders};
  return poll(&end, 1, 0) > 0 && end.revents & (POLLHUP | POLLERR | POLLNVAL);
}

static int is_whole(const struct msghdr *message, ssize_t got) {
  const struct fork_order *order = &now.order;
  return got == sizeof *order && order->size == sizeof *order && !(message->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) && order->kind <= FORK_ZYGOTE && order->unified <= 1 &&
         order->groups >= order->unified && order->groups <= MOST_GROUPS && now.count == FORK_GROUPS + (int)order->groups + (order->kind == FORK_ZYGOTE);
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
  if (now.known_private) fail(errno, "maps", "whether copies would share memory cannot be told");
  else fail(EBUSY, "memory", "something it has loaded has memory that all copies would share");
  now.known_private = 0;
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
  if (now.seating) {
    if (seat_leave()) fail(errno, "seat", "");
    else reply(now.descriptors[FORK_REPLY], FORK_SETTLED, 0, "", "");
    _exit(0);
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
  now.lent = 1;
  pid_t between = lend_all(now.order.unified ? now.descriptors[FORK_GROUPS] : -1);
  if (between == 0) bring_forth();
  wait_for(between);
  now.lent = 0;
  _exit(0);
}

/* 1 in the copy. */
static __attribute__((noinline)) int copy_once(void) {
  if (_setjmp(now.back)) return 1;
  pid_t entering = lend_all(-1);
  if (entering == 0) enter_pids();
  static const char ended[] = "a copy was ended while it was made, and its zygote with it\n";
  /* The one that enters was killed alone. The one between goes on, with all rights where ours would be overwriting its frames. */
  if (now.lent) end_frameless(ended, sizeof ended - 1);
  wait_for(entering);
  /* Killed with its sandbox. What libraries have locked for a fork stays locked, and this memory is ours. */
  if (now.halfway) end_frameless(ended, sizeof ended - 1);
  return 0;
}

static void close_all(void) {
  for (int i = 0; i < now.count; i++) close(now.descriptors[i]);
  now.count = 0;
}

/* --- a zygote in turn */

/* Gives out seats until it is told what to load. 0, or -1 when nobody wants any. */
static int seat_others(int orders) {
  struct pollfd waits[2] = {{.fd = orders, .events = POLLIN}, {.fd = moving.descriptors[FORK_WORKER], .events = POLLIN}};
  now.seating = 1;
  while (!waits[1].revents) { /* orders that were sent before have been served by then: whoever sent them waited for the answer */
    if (poll(waits, 2, -1) < 0 && errno != EINTR) return -1;
    if (!waits[0].revents || waits[1].revents) continue;
    int got = receive(orders);
    if (got == 0) return -1;
    if (got < 0 || now.order.kind != FORK_COPY) fail(EPROTO, "order", "");
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
  if (said) reply(moving.descriptors[FORK_REPLY], FORK_SETTLED, 0, "", "");
  else fail(errno, "seats", "");
  now.count = 0; /* the socket of the reply stays open, for the init to know of this one's end */
  if (_setjmp(moving.back)) return;
  _exit(moving.predecessor < 0 || seat_others(orders) || successor());
}

/* Nobody else's handlers run where memory is lent. */
static void hold_signals(void) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &now.signals);
}

/* 1 in the copy, or in what went on in the place of one that held seats. */
static int copied(void) {
  if (now.order.kind == FORK_COPY) return copy_once();
  pid_t parent = getpid(), holder = fork();
  if (holder < 0) fail(errno, "fork", "");
  if (holder) return 0;
  hold_seats(parent);
  return 1;
}

/* What it is told of itself. */
static int settled(int kind, int pids, void (*after_in_copy)(void)) {
  fork_settle(kind == FORK_COPY ? now.descriptors[FORK_REPLY] : -1);
  sigprocmask(SIG_SETMASK, &now.signals, NULL);
  after_in_copy();
  if (kind == FORK_ZYGOTE) return 3;
  fork_outlive(getppid());
  reply(FORK_ANSWER, FORK_SETTLED, 0, "", "");
  close(FORK_ANSWER);
  return pids ? 1 : 2;
}

int fork_serve(int orders, void (*before)(void), void (*after_in_parent)(void), void (*after_in_copy)(void)) {
  /* The parent of those who move into sandboxes, whose inits wait for the last trace of them: so nothing is left of a child when it ends. */
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  signal(SIGCHLD, SIG_IGN);
  for (int got; (got = receive(orders)) != 0;) {
    if (got < 0) {
      fail(EPROTO, "order", "");
    } else if (!fit_alone()) {
      fail(EBUSY, "threads", "something it has loaded runs threads that a copy would not have");
    } else {
      int kind = (int)now.order.kind, pids = (int)now.order.pids;
      before();
      hold_signals();
      if (copied()) return settled(kind, pids, after_in_copy);
      sigprocmask(SIG_SETMASK, &now.signals, NULL);
      after_in_parent();
    }
    close_all();
  }
  return 0;
}
