#include "confine.h"
#include "files.h"
#include "life.h"
#include "specialise.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int allow(struct life *life, const struct request *request) {
  return life->has_slot ? net_policy(&lives.server->net, life->slot.number, sabotaged("egress") ? "all" : request->egress, request->allow) : 0;
}

/* The init itself counts as a process; some room for it and for what it opens. */
static struct cgroup_limits limits_of(const struct request *request) {
  return (struct cgroup_limits){.memory = sabotaged("memory") ? 0 : request->memory, .cpu = sabotaged("cpu") ? 1024000 : request->cpu, .pids = sabotaged("pids") ? 100000 : request->pids + 1};
}

enum { WHOLE = 1000 }; /* a processor */

static int prepare(struct life *life, const struct request *request, const char **step) {
  struct server *server = lives.server;
  *step = "network";
  int networked = server->networked && request->shape != SHAPE_ZYGOTE && !request->seats; /* these have nothing to ask of anybody */
  if (networked && net_take(&server->net, life->trial ? PATIENCE_MILLIS : 0, &life->slot)) return -1;
  life->has_slot = networked;
  if (!request->pooled && allow(life, request)) return -1;
  *step = "cgroup";
  struct cgroup_limits limits = limits_of(request);
  if (request->zygote && limits.cpu < WHOLE) { /* the zygote waits for who makes a copy, in this group, and all others wait for the zygote */
    life->cpu = limits.cpu;
    limits.cpu = WHOLE;
  }
  if (group_take(server, &lives.groups, &limits, &life->group)) return -1;
  life->has_group = 1;
  return 0;
}

/* Where no user is named: one of those that instances get. Tools have the launcher's own, because the folders they write to are its. */
static unsigned choose_user(const struct request *request, long named, int probing) {
  const struct surroundings *around = &lives.server->around;
  if (named >= 0 && request->shape != SHAPE_ZYGOTE) return (unsigned)named;
  if (request->shape == SHAPE_ZYGOTE || (request->shape == SHAPE_TOOL && !probing)) return geteuid();
  return around->uid_count ? around->first_uid + lives.starts % around->uid_count : geteuid();
}

/* A sandbox whose end nobody would be told of. */
static void end_unwatched(struct life *life) {
  int failure = errno;
  life_signal(life, SIGKILL);
  waitpid(life->pid, NULL, 0);
  watch_close(lives.loop, &life->report);
  watch_close(lives.loop, &life->child);
  watch_close(lives.loop, &life->memory);
  life->pid = 0;
  errno = failure;
}

/* What is shared is for those who ask it, and for no other process of this one's. */
static int open_orders(struct life *life, int *end) {
  int both[2];
  void *shared = mmap(NULL, sizeof *life->spoke, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return -1;
  life->spoke = shared;
  if (madvise(shared, sizeof *life->spoke, MADV_DONTFORK) || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, both)) return -1;
  life->orders = both[0];
  *end = both[1];
  return 0;
}

int life_start(struct life *life, struct request *request, int (*probe)(void), int control) {
  const char *step = "", *wrong = NULL;
  int report[2] = {-1, -1}, pidfd = -1, orders = -1;
  int64_t begun = nanos_now();
  if (prepare(life, request, &step) || pipe2(report, O_CLOEXEC) || ((request->shape == SHAPE_ZYGOTE || request->seats) && open_orders(life, &orders))) goto failed;
  const struct life *zygote = request->zygote ? life_zygote(request->zygote) : NULL;
  if (request->zygote && !zygote) {
    step = "zygote";
    errno = ESRCH;
    goto failed;
  }
  if (request->seats && zygote->seats) { /* it would give a seat, which its init would take for a zygote */
    step = "request";
    wrong = "seats: yes (expected: with a zygote that is none in turn)";
    goto failed;
  }
  lives.starts++;
  struct plan plan = {.request = request, .around = &lives.server->around, .group = &life->group, .zygote = zygote ? zygote->orders : -1, .spoke = zygote ? zygote->spoke : NULL, .orders = orders, .network = life->has_slot ? life->slot.netns : -1,
                      .report = report[1], .uid = choose_user(request, request->uid, probe != NULL), .gid = choose_user(request, request->gid, probe != NULL), .started = begun, .probe = probe, .control = control};
  step = "clone";
  int apart = request->shape == SHAPE_ZYGOTE;
  request->seated = zygote && zygote->seats;
  life->seats = request->seats;
  if (zygote) madvise(zygote->spoke, sizeof *zygote->spoke, MADV_DOFORK);
  life->pid = sandbox_clone(&life->group, apart, &pidfd);
  if (life->pid == 0) apart ? sandbox_become_zygote(&plan) : sandbox_become(&plan);
  if (zygote) madvise(zygote->spoke, sizeof *zygote->spoke, MADV_DONTFORK);
  if (life->pid < 0) goto failed;
  if (orders >= 0) close(orders), orders = -1;
  close(report[1]);
  life->report = (struct watch){.fd = report[0], .ready = life_report_ready};
  life->child = (struct watch){.fd = pidfd, .ready = life_child_ready};
  life->memory = (struct watch){.fd = life->group.oom_event, .ready = life_memory_ready};
  fcntl(report[0], F_SETFL, O_NONBLOCK);
  if (life->memory.fd >= 0) life->memory.fd = fcntl(life->memory.fd, F_DUPFD_CLOEXEC, 3); /* the group closes its own */
  if (watch_try(lives.loop, &life->report, EPOLLIN) || watch_try(lives.loop, &life->child, EPOLLIN) ||
      (life->group.oom_event >= 0 && watch_try(lives.loop, &life->memory, EPOLLIN))) {
    end_unwatched(life);
    step = "watch";
    report[0] = report[1] = -1;
    goto failed;
  }
  return 0;
failed:;
  int failure = errno;
  if (failure == EAGAIN && !life->trial && !strcmp(step, "network")) return EAGAIN;
  if (report[0] >= 0) close(report[0]), close(report[1]);
  life_close_orders(life);
  if (orders >= 0) close(orders);
  life_give_back(life);
  char why[260];
  snprintf(why, sizeof why, "%s", wrong ? wrong : strerror(failure));
  life_say_failed(life, step, why);
  return -1;
}

/* 0, or -1 with the step and a sentence in why. */
static int become(struct life *life, const char *fields, size_t length, const char **step, char *why, size_t room) {
  static struct request request;
  const char *about = "";
  *step = "request";
  if (request_parse_specialise(&request, fields, length, why, room)) return -1;
  if (!net_policy_valid(request.egress, request.allow)) return snprintf(why, room, "egress: %.100s (expected: none, internet, all or a list of networks)", request.egress), -1;
  if (!life->pooled || !life->started) return snprintf(why, room, "the sandbox (expected: a pooled one, once)"), -1;
  life->pooled = 0;
  struct specialised sandbox = {.init = life->child.fd, .tmp = life->tmp, .inodes = life->inodes};
  struct cgroup_limits limits = limits_of(&request);
  *step = "cgroup";
  int failed = cgroup_limit(&lives.server->groups, &life->group, &limits);
  if (!failed) *step = "network", failed = allow(life, &request);
  if (!failed) failed = specialise(&sandbox, &request, step, &about);
  if (failed) snprintf(why, room, "%s%s%.200s", strerror(errno), *about ? ": " : "", about);
  return failed;
}

/* Who waits for its function gets it, or ends: half of one it is not to be. */
void life_specialise(struct life *life, const char *fields, size_t length) {
  const char *step = "";
  char why[400];
  int64_t begun = nanos_now();
  struct wire_writer writer;
  if (become(life, fields, length, &step, why, sizeof why)) {
    life_say_failed(life, step, why);
    return life_signal(life, SIGKILL);
  }
  wire_begin(&writer, "specialised");
  wire_field(&writer, "micros", "%lld", (long long)(nanos_now() - begun) / 1000);
  life_say(life, &writer);
}
