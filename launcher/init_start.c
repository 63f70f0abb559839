/* How the init parts with everything it was born with, and how the program starts. */
#include "init.h"
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int ascending(const void *a, const void *b) { return **(int *const *)a - **(int *const *)b; }

static int close_from(int first) { return (int)syscall(SYS_close_range, first, ~0U, 0); }

int init_pipes(struct doors *doors) {
  int out[2], err[2];
  if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) return -1;
  doors->out = out[0];
  doors->program_out = out[1];
  doors->err = err[0];
  doors->program_err = err[1];
  return 0;
}

int init_settle(struct doors *doors) {
  sigset_t handled;
  sigemptyset(&handled);
  sigaddset(&handled, SIGCHLD);
  sigaddset(&handled, SIGTERM);
  sigprocmask(SIG_BLOCK, &handled, NULL);
  signal(SIGPIPE, SIG_IGN);
  int *kept[] = {&doors->control, &doors->worker, &doors->listener, &doors->names, &doors->names_tcp, &doors->out, &doors->err, &doors->program_out, &doors->program_err, &doors->answer, &doors->report, &doors->memory};
  enum { KEPT = sizeof kept / sizeof *kept };
  /* In ascending order each moves down to a place that nothing still needed can have. */
  qsort(kept, KEPT, sizeof *kept, ascending);
  int next = 3;
  for (int i = 0; i < KEPT; i++) {
    if (*kept[i] < 0) continue;
    if (*kept[i] != next && dup3(*kept[i], next, O_CLOEXEC) < 0) return -1;
    *kept[i] = next++;
  }
  if (close_from(next)) return -1;
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return -1;
  for (int i = 0; i < 3; i++)
    if (dup2(null, i) < 0) return -1;
  close(null);
  return 0;
}

static void become(const struct request *request, const struct doors *doors, int (*probe)(void)) __attribute__((noreturn));
static void become(const struct request *request, const struct doors *doors, int (*probe)(void)) {
  /* First out of the way of 3 and 4, then into place. */
  int out = fcntl(doors->program_out, F_DUPFD, 32), err = fcntl(doors->program_err, F_DUPFD, 32);
  int listener = -1, worker = -1;
  if (request->shape == SHAPE_WORKER) {
    listener = fcntl(doors->listener, F_DUPFD, 32);
    worker = fcntl(doors->worker, F_DUPFD, 32);
  }
  close_range(3, 31, 0);
  int last = 2;
  dup2(out, 1);
  dup2(err, 2);
  if (request->shape == SHAPE_WORKER) {
    dup2(listener, 3);
    dup2(worker, 4);
    last = 4;
  }
  if (!sabotaged("descriptors") && close_from(last + 1)) _exit(127);
  setsid();
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (confine_files(request->files, request->fsize) || (!request->pooled && confine_processes(request->pids))) _exit(127);
  if (probe) _exit(probe());
  if (chdir(request->cwd)) dprintf(2, "cannot enter %s: %s\n", request->cwd, strerror(errno));
  else execve(request->argv[0], request->argv, request->env);
  dprintf(2, "cannot start %s: %s\n", request->argv[0], strerror(errno));
  _exit(127);
}

pid_t init_start(const struct request *request, const struct doors *doors, int (*probe)(void)) {
  /* The child only moves descriptors and execs, so it may borrow this memory until then: a copy would cost more than both. */
  pid_t program = probe ? fork() : vfork();
  if (program == 0) {
    signal(SIGPIPE, SIG_DFL);
    become(request, doors, probe);
  }
  return program;
}
