#include "fork/successor.h"
#include "fork/join.h"
#include "fork/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

struct moving moving;

enum { STACK = 64 * 1024 };

static struct {
  int *number; /* where libc keeps the number of this thread */
  void *locks; /* and the list of locks that the kernel is to free at its end */
  size_t locks_size;
  char *stack; /* of the successor, below that of the one between */
  int told[2]; /* a pipe: it has joined its sandbox, or has died before */
} carried;

/* Looks at no errno, which all of them share. */
static void await_end(int process) {
  struct pollfd gone = {.fd = process, .events = POLLIN};
  while (syscall(SYS_ppoll, &gone, 1, NULL, NULL, 8) < 0) {}
}

static int move_in(void *unused) {
  (void)unused;
  const char *step = "";
  int predecessor = fcntl(moving.predecessor, F_DUPFD_CLOEXEC, 128);
  if (predecessor < 0 || fork_join(&moving.order, moving.descriptors, &step) || write(carried.told[1], "", 1) != 1) _exit(1);
  await_end(predecessor);
  fork_outlive(getppid()); /* it has every right, in this memory */
  *carried.number = (int)syscall(SYS_set_tid_address, carried.number); /* only now: the end of the predecessor has cleared it */
  syscall(SYS_set_robust_list, carried.locks, carried.locks_size);
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

/* In a process between, which is in the sandbox's group and pid namespace from its birth. When it ends, the init is the parent of what it leaves there, and
 * learns how that ends. But it outlives the predecessor: memory counts as a child's when its owner ends, and as a stranger's, a seat's, where none is. */
static void beget(void) __attribute__((noreturn));
static void beget(void) {
  signal(SIGCHLD, SIG_DFL); /* or one that has ended by then would leave no trace */
  if (clone(move_in, carried.stack + STACK, CLONE_VM | SIGCHLD, NULL) < 0) _exit(1);
  close(carried.told[1]); /* which its successor has, too */
  await_end(moving.predecessor);
  _exit(0);
}

int successor(void) {
  carried.number = number_of_this_thread();
  carried.stack = mmap(NULL, 2 * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (carried.stack == MAP_FAILED || !carried.number || syscall(SYS_get_robust_list, 0, &carried.locks, &carried.locks_size)) return -1;
  if (pipe2(carried.told, O_CLOEXEC) || setns(moving.descriptors[FORK_INIT], CLONE_NEWPID)) return -1;
  if (lend_memory(moving.order.unified ? moving.descriptors[FORK_GROUPS] : -1, carried.stack + STACK, STACK, beget) < 0) return -1;
  close(carried.told[1]);
  char joined;
  return syscall(SYS_read, carried.told[0], &joined, 1) == 1 ? 0 : -1; /* all signals are held */
}
