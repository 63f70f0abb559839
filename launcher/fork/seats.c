#include "fork/seats.h"
#include "fork/fit.h"
#include "fork/join.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { STACK = 64 * 1024, CHANNEL = 4, PATIENCE_SECONDS = 5 };

/* Shared with every seat, and with whatever was loaded: it can be broken by that, which then breaks its own copies and nothing else. */
static struct {
  volatile int open;
  int busy; /* 0 free, 1 taken, 2 taken and waited for */
  sigset_t signals;
  jmp_buf back;
} seats;

static long futex(int *word, int operation, int value, const struct timespec *patience) { return syscall(SYS_futex, word, operation, value, patience, NULL, 0); }

/* One copy at a time, because all seats are the same thread to libc. Who waits in vain has met one that was killed while it copied: what that had
 * locked stays locked, so there are no more copies, and nobody else waits. */
static int take_turn(void) {
  int free = 0;
  if (__atomic_compare_exchange_n(&seats.busy, &free, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return 0;
  struct timespec patience = {PATIENCE_SECONDS, 0};
  while (__atomic_exchange_n(&seats.busy, 2, __ATOMIC_ACQUIRE) != 0) {
    if (!seats.open) return -1;
    if (!futex(&seats.busy, FUTEX_WAIT, 2, &patience) || errno != ETIMEDOUT) continue;
    seats.open = 0;
    futex(&seats.busy, FUTEX_WAKE, INT_MAX, NULL);
    return -1;
  }
  return 0;
}

static void end_turn(void) {
  if (__atomic_exchange_n(&seats.busy, 0, __ATOMIC_RELEASE) == 2) futex(&seats.busy, FUTEX_WAKE, 1, NULL);
}

/* As if it had been killed: there is no copy now, for no fault of what was to be copied. */
static void give_up(void) {
  kill(getpid(), SIGKILL);
  _exit(1);
}

/* Ends well only when there is a copy; the sandbox's init takes anything else for the end of its program. */
static int sit(void *unused) {
  (void)unused;
  static const unsigned char hello[] = {0, 0, 0, 6, 0x10, 2, 0, 0, 0, 3}; /* docs/worker-protocol.md: the copy need not say it again */
  struct pollfd asked = {.fd = CHANNEL, .events = POLLIN};
  if (syscall(SYS_close_range, 5, ~0U, 0)) _exit(1);
  if (write(CHANNEL, hello, sizeof hello) != sizeof hello) _exit(1);
  while (syscall(SYS_ppoll, &asked, 1, NULL, NULL, 8) < 0) {} /* interrupted */
  if (!(asked.revents & POLLIN) || !seats.open || take_turn()) give_up();
  pid_t copy = fork();
  if (copy == 0) {
    seats.busy = 0;
    _longjmp(seats.back, 1);
  }
  end_turn();
  if (copy < 0) give_up();
  _exit(0);
}

int seat_leave(void) {
  char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) return -1;
  return clone(sit, stack + STACK, CLONE_VM | SIGCHLD, NULL) < 0 ? -1 : 0;
}

static int write_all(int channel, const char *data, size_t size) {
  while (size) {
    ssize_t written = write(channel, data, size);
    if (written < 0 && errno != EINTR) return -1;
    if (written > 0) data += written, size -= (size_t)written;
  }
  return 0;
}

int seats_open(int channel, const char *ready, size_t size, void (*before)(void), void (*after_in_copy)(void)) {
  int private = fit_private();
  if (private != 1) return private ? -2 : -1;
  struct pollfd ended = {.fd = channel, .events = POLLRDHUP}; /* whatever is said to it now, it does not listen */
  before();
  sigprocmask(SIG_SETMASK, NULL, &seats.signals);
  if (_setjmp(seats.back)) {
    fork_settle(-1);
    sigprocmask(SIG_SETMASK, &seats.signals, NULL); /* a seat has none let through */
    fork_outlive(getppid());
    after_in_copy();
    return 1;
  }
  seats.open = 1;
  if (!write_all(channel, ready, size)) /* said here, because before it is not so */
    while (poll(&ended, 1, -1) < 0 && errno == EINTR) {}
  _exit(0); /* never back to who called: seats go on, and their copies begin with this frame and those above it */
}
