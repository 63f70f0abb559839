/* One sandbox as the launcher knows it, from its request to the removal of its groups. */
#ifndef MAYFLY_LIFE_H
#define MAYFLY_LIFE_H

#include "server.h"
#include "watch.h"
#include "wire.h"

struct life {
  struct watch connection, report, child, memory;
  struct wire_reader reader;
  struct cgroup group;
  struct net_slot slot;
  pid_t pid;
  int has_group, has_slot, started, ended, status, oom;
  int pooled;          /* it waits for its function */
  int orders;          /* of a zygote: where it is asked for copies; else -1 */
  int64_t *spoke;      /* of a zygote: when it last said anything to who asks it for a copy, who all share this; else NULL */
  int64_t answered;    /* of a zygote: when a copy of it started last, in nanoseconds */
  int seats;           /* whether it gives seats instead, while nobody's code is in it */
  long long tmp;       /* what was asked for when it was made */
  long inodes;
  long cpu;            /* that it is limited to once it has started; 0: it has its limit */
  int64_t waiting;     /* for a network since then; 0: it does not */
  struct trial *trial; /* a probe of the launcher's own */
  int unwanted;        /* it is to end as soon as its copy is made */
  char id[44], zygote[44]; /* zygote: whose copy it is asking for; else empty */
  struct life *next;
};

/* Groups that are made before they are needed, and those that are to be removed. */
struct group_pool {
  struct cgroup ready[4], leaving[512];
  int ready_count, leaving_count;
  struct cgroup_limits usual; /* those asked for last; ready ones have them already */
};

/* One with these limits. 0, or -1 with errno; then there is none. */
int group_take(struct server *server, struct group_pool *pool, const struct cgroup_limits *limits, struct cgroup *group);
void group_leave(struct server *server, struct group_pool *pool, struct cgroup *group);
/* So many wait to be removed that it cannot wait any longer. */
int group_crowded(const struct group_pool *pool);
/* Makes one that is missing, removes what can be removed; true while there is more to do. */
int group_tend(struct server *server, struct group_pool *pool);

enum { PATIENCE_MILLIS = 5000 };

/* All of them, and what they are made of. The launcher's one thread owns it. */
extern struct lives {
  struct server *server;
  int loop;
  unsigned starts; /* so far */
  struct life *first;
  struct group_pool groups;
} lives;

/* NULL when there is no memory. */
struct life *life_new(int connection, void (*ready)(struct watch *watch, unsigned events));
/* That is not over yet; NULL when the process is of none, or when there is no zygote of that name that could be asked. */
struct life *life_of(pid_t pid);
struct life *life_zygote(const char *id);

/* 0, or -1 when it could not even be tried, or EAGAIN, which nobody was told, when there is no network for it yet; then life is as it was. */
int life_start(struct life *life, struct request *request, int (*probe)(void), int control);
/* What a pooled one is asked for. */
void life_specialise(struct life *life, const char *fields, size_t length);
void life_signal(const struct life *life, int number);
void life_end(struct life *life);
/* Of nobody's concern any more; its process has ended, or there was none. */
void life_forget(struct life *life);
/* A group or a slot that was taken goes back on every way out. */
void life_give_back(struct life *life);
void life_close_orders(struct life *life);

/* To the server, as far as it listens. */
void life_say(struct life *life, struct wire_writer *writer);
void life_say_failed(struct life *life, const char *step, const char *why);

/* What its watches do. */
void life_child_ready(struct watch *watch, unsigned events);
void life_memory_ready(struct watch *watch, unsigned events);
void life_report_ready(struct watch *watch, unsigned events);

#endif
