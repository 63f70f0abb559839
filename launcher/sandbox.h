/* Becoming a sandbox: what a fresh child does, in this order, until it is pid 1 of a closed world and has started the program in it. */
#ifndef MAYFLY_SANDBOX_H
#define MAYFLY_SANDBOX_H

#include "cgroup.h"
#include "request.h"

#include <stdint.h>
#include <sys/types.h>

enum { MOST_STEPS = 12, STEP_NAME = 12 };

/* What the child tells of its start: on a pipe, once, whole. */
struct report {
  int32_t failed; /* errno, 0: it runs */
  uint32_t count;
  struct {
    char name[STEP_NAME];
    uint32_t micros;
  } steps[MOST_STEPS];
  char failed_at[24];
  char about[100];
};

/* The launcher's own circumstances, the same for every sandbox. */
struct surroundings {
  int root_namespace;
  int launcher;       /* a pidfd of it */
  int users;          /* a user namespace for each can be had */
  unsigned first_uid; /* where no request names one: the first user of those that instances get, 0: the only one */
  unsigned uid_count;
  const char *domain;
};

struct plan {
  struct request *request; /* the init's own copy, once it is one */
  const struct surroundings *around;
  const struct cgroup *group;
  int zygote;  /* socket of the one whose copy the program is; -1: none */
  int64_t *spoke; /* when that one last said anything to anybody, in nanoseconds: of all who ask it */
  int orders;  /* of a zygote: its end of the socket that orders come on; -1: it is none */
  int network; /* a network namespace; -1: a new one of its own */
  int report;
  unsigned uid, gid;
  int64_t started; /* nanoseconds of CLOCK_MONOTONIC */
  int (*probe)(void); /* runs in place of the program; NULL but in probes */
  int control;        /* of a probe: its channel, which nobody has to dial; else -1 */
};

/* In the launcher, once: finds out what every start would find out again. */
void sandbox_prepare(void);

/* In the child of clone3. Never returns. */
void sandbox_become(const struct plan *plan) __attribute__((noreturn));
/* The same for a zygote, which is in no sandbox: it sees what programs in them see, has no network, and may enter them. */
void sandbox_become_zygote(const struct plan *plan) __attribute__((noreturn));

/* clone3 with every namespace that is not joined later, into the group; a zygote stays where it can enter others. Like fork. */
pid_t sandbox_clone(const struct cgroup *group, int zygote, int *pidfd);

int64_t nanos_now(void);

#endif
