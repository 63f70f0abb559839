#include "server.h"
#include "files.h"
#include "confine.h"
#include "life.h"
#include "specialise.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { QUIET_MILLIS = 4, PATIENCE_MILLIS = 5000 };

static struct {
  struct server *server;
  int loop, orphans, spare; /* orphans: there may be some to wait for; spare: a descriptor to give up when there are no more */
  unsigned starts;
  struct watch listener, lifeline, signals, network, slots;
  struct life *lives;
  struct group_pool groups;
} state;

/* By its descriptor: its number may be another's once it has been waited for. */
static void send_signal(const struct life *life, int number) {
  if (life->child.fd >= 0) syscall(SYS_pidfd_send_signal, life->child.fd, number, NULL, 0);
}

/* A copy is not broken off while it is made: that would leave its zygote halfway, which is the end of that. It takes a moment, or has a limit. */
static void end(struct life *life) {
  if (*life->zygote && life->report.fd >= 0) life->unwanted = 1;
  else send_signal(life, SIGKILL);
}

/* --- telling the server */

static void say(struct life *life, struct wire_writer *writer) {
  if (life->connection.fd >= 0 && wire_send(writer, life->connection.fd)) send_signal(life, SIGKILL); /* who does not listen is gone */
}

static void say_failed(struct life *life, const char *step, const char *why) {
  struct wire_writer writer;
  wire_begin(&writer, "failed");
  wire_field(&writer, "step", "%s", step);
  wire_field(&writer, "why", "%s", why);
  if (life->trial) snprintf(life->trial->why, sizeof life->trial->why, "%s: %s", step, why);
  if (life->connection.fd >= 0) wire_send(&writer, life->connection.fd);
}

static void say_started(struct life *life, const struct report *report) {
  struct wire_writer writer;
  char counter[640], steps[400] = "";
  size_t used = 0;
  for (uint32_t i = 0; i < report->count && i < MOST_STEPS && used < sizeof steps - 40; i++)
    used += (size_t)snprintf(steps + used, sizeof steps - used, "%s%.11s:%u", i ? "," : "", report->steps[i].name, report->steps[i].micros);
  cgroup_counter(&state.server->groups, &life->group, counter, sizeof counter);
  wire_begin(&writer, "started");
  wire_field(&writer, "pid", "%d", life->pid);
  wire_field(&writer, "address", "%s", life->has_slot ? life->slot.address : "");
  wire_field(&writer, "counter", "%s", counter);
  wire_field(&writer, "steps", "%s", steps);
  life->started = 1;
  say(life, &writer);
}

/* --- the end of a sandbox */

static void forget(struct life *life) {
  struct life **at = &state.lives;
  while (*at && *at != life) at = &(*at)->next;
  if (*at) *at = life->next;
  watch_close(state.loop, &life->connection);
  watch_close(state.loop, &life->report);
  watch_close(state.loop, &life->child);
  if (life->memory.fd >= 0) watch_close(state.loop, &life->memory);
  if (life->orders >= 0) close(life->orders);
  wire_free(&life->reader);
  free(life);
}

/* A group or a slot that was taken goes back on every way out. */
static void give_back(struct life *life) {
  if (life->has_slot) net_release(&state.server->net, life->slot.number);
  if (life->has_slot) close(life->slot.netns);
  if (life->has_group) group_leave(state.server, &state.groups, &life->group);
  life->has_slot = life->has_group = 0;
}

static void report_ready(struct watch *watch, unsigned events);

static void child_ready(struct watch *watch, unsigned events) {
  (void)events;
  struct life *life = (struct life *)((char *)watch - offsetof(struct life, child));
  int status;
  if (waitpid(life->pid, &status, WNOHANG) != life->pid) return;
  if (life->report.fd >= 0) report_ready(&life->report, 0); /* what it said of its start comes first */
  life->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  cgroup_kill(&life->group);
  struct wire_writer writer;
  long long cpu = cgroup_cpu_micros(&state.server->groups, &life->group);
  int oom = life->oom || cgroup_oom(&state.server->groups, &life->group);
  wire_begin(&writer, "ended");
  wire_field(&writer, "status", "%d", life->status);
  wire_field(&writer, "oom", "%d", oom);
  wire_field(&writer, "cpu", "%lld", cpu);
  wire_field(&writer, "peak", "%lld", cgroup_peak(&state.server->groups, &life->group));
  if (life->trial) life->trial->throttled = cgroup_throttled(&state.server->groups, &life->group);
  give_back(life);
  if (life->started && life->connection.fd >= 0) wire_send(&writer, life->connection.fd);
  life->ended = 1;
  if (!life->trial) return forget(life);
  life->trial->status = life->started ? life->status : -1;
  life->trial->oom = oom;
}

/* v1: memory ran out somewhere in the sandbox; on v2 the kernel kills the whole group by itself. The event comes before the kernel has chosen
 * whom to end, and once: what it counts may not tell yet. */
static void memory_ready(struct watch *watch, unsigned events) {
  (void)events;
  struct life *life = (struct life *)((char *)watch - offsetof(struct life, memory));
  uint64_t count;
  if (read(watch->fd, &count, sizeof count) != sizeof count) return;
  life->oom = 1;
  send_signal(life, SIGKILL);
}

/* --- the start of a sandbox */

static struct life *find_zygote(const char *id) {
  for (struct life *life = state.lives; life; life = life->next)
    if (life->orders >= 0 && life->started && !life->ended && !strcmp(life->id, id)) return life;
  return NULL;
}

/* It is stopped or stuck, and would keep everybody waiting who asks it. */
static void end_silent(const char *id) {
  const struct life *zygote = find_zygote(id);
  if (!zygote) return;
  dprintf(2, "zygote %s did not answer, and is ended\n", id);
  send_signal(zygote, SIGKILL);
}

static void report_ready(struct watch *watch, unsigned events) {
  (void)events;
  struct life *life = (struct life *)((char *)watch - offsetof(struct life, report));
  struct report report;
  ssize_t got = read(watch->fd, &report, sizeof report);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  watch_close(state.loop, watch);
  if (life->unwanted) send_signal(life, SIGKILL);
  if (got == sizeof report && !report.failed) return say_started(life, &report);
  if (got == sizeof report && report.failed == ETIMEDOUT && *life->zygote) end_silent(life->zygote);
  char why[260];
  if (got == sizeof report) snprintf(why, sizeof why, "%s%s%.100s", strerror(report.failed), *report.about ? ": " : "", report.about);
  else snprintf(why, sizeof why, "it ended before it had started");
  say_failed(life, got == sizeof report ? report.failed_at : "start", why);
  send_signal(life, SIGKILL);
}

static int allow(struct life *life, const struct request *request) {
  return life->has_slot ? net_policy(&state.server->net, life->slot.number, sabotaged("egress") ? "all" : request->egress, request->allow) : 0;
}

/* The init itself counts as a process; some room for it and for what it opens. */
static struct cgroup_limits limits_of(const struct request *request) {
  return (struct cgroup_limits){.memory = sabotaged("memory") ? 0 : request->memory, .cpu = sabotaged("cpu") ? 1024000 : request->cpu, .pids = sabotaged("pids") ? 100000 : request->pids + 1};
}

static int prepare(struct life *life, const struct request *request, const char **step) {
  struct server *server = state.server;
  *step = "network";
  int networked = server->networked && request->shape != SHAPE_ZYGOTE && !request->seats; /* these have nothing to ask of anybody */
  if (networked && net_take(&server->net, life->trial ? PATIENCE_MILLIS : 0, &life->slot)) return -1;
  life->has_slot = networked;
  if (!request->pooled && allow(life, request)) return -1;
  *step = "cgroup";
  struct cgroup_limits limits = limits_of(request);
  if (group_take(server, &state.groups, &limits, &life->group)) return -1;
  life->has_group = 1;
  return 0;
}

/* Where no user is named: one of those that instances get. Tools have the launcher's own, because the folders they write to are its. */
static unsigned choose_user(const struct request *request, long named, int probing) {
  const struct surroundings *around = &state.server->around;
  if (named >= 0 && request->shape != SHAPE_ZYGOTE) return (unsigned)named;
  if (request->shape == SHAPE_ZYGOTE || (request->shape == SHAPE_TOOL && !probing)) return geteuid();
  return around->uid_count ? around->first_uid + state.starts % around->uid_count : geteuid();
}

/* A sandbox whose end nobody would be told of. */
static void end_unwatched(struct life *life) {
  int failure = errno;
  send_signal(life, SIGKILL);
  waitpid(life->pid, NULL, 0);
  watch_close(state.loop, &life->report);
  watch_close(state.loop, &life->child);
  watch_close(state.loop, &life->memory);
  life->pid = 0;
  errno = failure;
}

static int open_orders(struct life *life, int *end) {
  int both[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, both)) return -1;
  life->orders = both[0];
  *end = both[1];
  return 0;
}

/* 0, or -1 when it could not even be tried, or EAGAIN, which nobody was told, when there is no network for it yet; then life is as it was. */
static int start(struct life *life, struct request *request, int (*probe)(void), int control) {
  const char *step = "";
  int report[2] = {-1, -1}, pidfd = -1, orders = -1;
  int64_t begun = nanos_now();
  if (prepare(life, request, &step) || pipe2(report, O_CLOEXEC) || ((request->shape == SHAPE_ZYGOTE || request->seats) && open_orders(life, &orders))) goto failed;
  const struct life *zygote = request->zygote ? find_zygote(request->zygote) : NULL;
  if (request->zygote && !zygote) {
    step = "zygote";
    errno = ESRCH;
    goto failed;
  }
  state.starts++;
  struct plan plan = {.request = request, .around = &state.server->around, .group = &life->group, .zygote = zygote ? zygote->orders : -1, .orders = orders, .network = life->has_slot ? life->slot.netns : -1,
                      .report = report[1], .uid = choose_user(request, request->uid, probe != NULL), .gid = choose_user(request, request->gid, probe != NULL), .started = begun, .probe = probe, .control = control};
  step = "clone";
  int apart = request->shape == SHAPE_ZYGOTE;
  request->seated = zygote && zygote->seats;
  life->seats = request->seats;
  life->pid = sandbox_clone(&life->group, apart, &pidfd);
  if (life->pid == 0) apart ? sandbox_become_zygote(&plan) : sandbox_become(&plan);
  if (orders >= 0) close(orders);
  if (life->pid < 0) goto failed;
  close(report[1]);
  life->report = (struct watch){.fd = report[0], .ready = report_ready};
  life->child = (struct watch){.fd = pidfd, .ready = child_ready};
  life->memory = (struct watch){.fd = life->group.oom_event, .ready = memory_ready};
  fcntl(report[0], F_SETFL, O_NONBLOCK);
  if (life->memory.fd >= 0) life->memory.fd = fcntl(life->memory.fd, F_DUPFD_CLOEXEC, 3); /* the group closes its own */
  if (watch_try(state.loop, &life->report, EPOLLIN) || watch_try(state.loop, &life->child, EPOLLIN) ||
      (life->group.oom_event >= 0 && watch_try(state.loop, &life->memory, EPOLLIN))) {
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
  if (life->orders >= 0) close(life->orders), life->orders = -1;
  if (orders >= 0) close(orders);
  give_back(life);
  char why[260];
  snprintf(why, sizeof why, "%s", strerror(failure));
  say_failed(life, step, why);
  return -1;
}

/* --- requests */

static void lose(struct life *life) {
  if (!life->pid) return forget(life);
  watch_close(state.loop, &life->connection);
  end(life);
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
  int failed = cgroup_limit(&state.server->groups, &life->group, &limits);
  if (!failed) *step = "network", failed = allow(life, &request);
  if (!failed) failed = specialise(&sandbox, &request, step, &about);
  if (failed) snprintf(why, room, "%s%s%.200s", strerror(errno), *about ? ": " : "", about);
  return failed;
}

/* Who waits for its function gets it, or ends: half of one it is not to be. */
static void say_specialised(struct life *life, const char *fields, size_t length) {
  const char *step = "";
  char why[400];
  int64_t begun = nanos_now();
  struct wire_writer writer;
  if (become(life, fields, length, &step, why, sizeof why)) {
    say_failed(life, step, why);
    return send_signal(life, SIGKILL);
  }
  wire_begin(&writer, "specialised");
  wire_field(&writer, "micros", "%lld", (long long)(nanos_now() - begun) / 1000);
  say(life, &writer);
}

static void obey(struct life *life, const char *fields, size_t length) {
  if (!strcmp(fields, "kill")) end(life);
  else if (!strcmp(fields, "term")) send_signal(life, SIGTERM);
  else if (!strcmp(fields, "specialise")) say_specialised(life, fields, length);
}

static int is_taken(const char *id) {
  for (const struct life *life = state.lives; life; life = life->next)
    if (!strcmp(life->id, id)) return 1;
  return 0;
}

/* 0, or -1 with a sentence in why. */
static int check(const struct request *request, char *why, size_t room) {
  int rootless = state.server->rootless;
  if (!net_policy_valid(request->egress, request->allow)) snprintf(why, room, "egress: %.100s (expected: none, internet, all or a list of networks)", request->egress);
  else if (rootless && (request->uid >= 0 || request->gid >= 0)) snprintf(why, room, "uid, gid: %ld, %ld (expected: none, because the launcher is not root)", request->uid, request->gid);
  else if (!rootless && request->shape != SHAPE_ZYGOTE && (request->uid < 0 || request->gid < 0)) snprintf(why, room, "uid, gid: missing (expected: both, because the launcher is root, which no sandbox may be)");
  else if (is_taken(request->id)) snprintf(why, room, "id: %s (expected: one that no live sandbox has)", request->id);
  else return 0;
  return -1;
}

/* What start answers; -1: life is to be forgotten. */
static int spawn(struct life *life, const char *fields, size_t length) {
  static struct request request;
  char why[400];
  int failed = strcmp(fields, "spawn") ? (snprintf(why, sizeof why, "verb: %.40s (expected: spawn)", fields), -1) : request_parse(&request, fields, length, why, sizeof why);
  if (failed || check(&request, why, sizeof why)) return say_failed(life, "request", why), -1;
  int begun = start(life, &request, NULL, -1);
  if (begun == EAGAIN) request_put_back(&request);
  if (begun) return begun;
  snprintf(life->id, sizeof life->id, "%s", request.id);
  snprintf(life->zygote, sizeof life->zygote, "%s", request.zygote ? request.zygote : "");
  life->pooled = request.pooled;
  life->tmp = request.tmp;
  life->inodes = request.inodes;
  return 0;
}

/* Until a network is ready for it: others go on meanwhile. Its request stays where it was read to. */
static void wait_for_network(struct life *life) {
  if (!life->waiting) life->waiting = nanos_now();
  watch_change(state.loop, &life->connection, 0);
  watch_change(state.loop, &state.slots, EPOLLIN);
}

static void connection_ready(struct watch *watch, unsigned events) {
  struct life *life = (struct life *)watch;
  if (life->waiting && events & (EPOLLHUP | EPOLLERR)) return forget(life);
  const char *fields;
  size_t length;
  for (;;) { /* what has been read already, nothing will wake us for */
    enum wire_read got = wire_read(&life->reader, watch->fd, &fields, &length);
    if (got == WIRE_AGAIN) return;
    if (got == WIRE_BAD) say_failed(life, "frame", "the frame is longer than 262144 bytes, or does not end with NUL");
    if (got != WIRE_FRAME) return lose(life);
    if (life->pid) {
      obey(life, fields, length);
    } else {
      int begun = spawn(life, fields, length);
      if (begun == EAGAIN) return wait_for_network(life);
      if (begun) return forget(life);
      life->waiting = 0;
    }
    wire_next(&life->reader); /* wiped: a child has its own copy of what it needs */
  }
}

static struct life *first_waiting(void) {
  struct life *first = NULL;
  for (struct life *life = state.lives; life; life = life->next)
    if (life->waiting && (!first || life->waiting < first->waiting)) first = life;
  return first;
}

static void slots_ready(struct watch *watch, unsigned events) {
  (void)events;
  struct life *life = first_waiting();
  if (!life) return watch_change(state.loop, watch, 0);
  watch_change(state.loop, &life->connection, EPOLLIN);
  connection_ready(&life->connection, 0); /* may forget it */
}

static void turn_away_those_who_waited(void) {
  struct life *life = first_waiting();
  if (!life || nanos_now() - life->waiting < PATIENCE_MILLIS * 1000000LL) return;
  say_failed(life, "network", "no network was ready in 5 seconds");
  forget(life);
}

static struct life *life_new(int fd) {
  struct life *life = calloc(1, sizeof *life);
  if (!life) return NULL;
  life->connection = (struct watch){.fd = fd, .ready = connection_ready};
  life->report.fd = life->child.fd = life->memory.fd = -1;
  life->slot.netns = life->orders = -1;
  life->next = state.lives;
  state.lives = life;
  return life;
}

/* With the one descriptor that is kept for it, or the connection would wait at the door and wake us for ever. */
static void turn_away(int listener, int failure) {
  close(state.spare);
  struct life turned = {.connection.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)};
  say_failed(&turned, "connection", strerror(failure));
  if (turned.connection.fd >= 0) close(turned.connection.fd);
  state.spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void listener_ready(struct watch *watch, unsigned events) {
  (void)events;
  int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0 && (errno == EMFILE || errno == ENFILE)) return turn_away(watch->fd, errno);
  struct life *life = fd < 0 ? NULL : life_new(fd);
  if (life && watch_try(state.loop, &life->connection, EPOLLIN)) forget(life);
  else if (!life && fd >= 0) close(fd);
}

/* --- orphans: a zygote that ends leaves some, who were on their way to a sandbox, and an init cannot end before somebody has waited for them */

static struct life *life_of(pid_t pid) {
  for (struct life *life = state.lives; life; life = life->next)
    if (life->pid == pid && !life->ended) return life;
  return NULL;
}

static void reap_orphans(void) {
  for (state.orphans = 0;;) {
    siginfo_t child = {0};
    if (waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) || !child.si_pid) return;
    if (life_of(child.si_pid) || child.si_pid == state.server->net.pid) break; /* whose own turn comes next */
    waitpid(child.si_pid, NULL, 0);
  }
  state.orphans = 1;
}

/* --- the launcher's own end */

static int any_alive(void) {
  for (const struct life *life = state.lives; life; life = life->next)
    if (life->pid > 0 && !life->ended) return 1;
  return 0;
}

/* Whoever comes after this process finds nothing of it. */
static void close_all(int status) __attribute__((noreturn));
static void close_all(int status) {
  for (struct life *life = state.lives; life; life = life->next)
    if (!life->ended) send_signal(life, SIGKILL);
  alarm(PATIENCE_MILLIS / 1000); /* the next launcher sweeps what does not end */
  while (any_alive()) {
    pid_t child = waitpid(-1, NULL, 0);
    struct life *life = life_of(child);
    if (life) life->ended = 1;
    if (child == state.server->net.pid) state.server->net.pid = 0;
    if (child < 0 && errno != EINTR) break;
  }
  if (state.server->networked) net_stop(&state.server->net);
  while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {}
  cgroups_close(&state.server->groups);
  char path[128];
  snprintf(path, sizeof path, "%s/launcher.sock", state.server->folder);
  unlink(path);
  _exit(status);
}

static void lifeline_ready(struct watch *watch, unsigned events) {
  (void)events;
  char ignored[256];
  if (read(watch->fd, ignored, sizeof ignored) <= 0) close_all(0);
}

static void signals_ready(struct watch *watch, unsigned events) {
  (void)events;
  struct signalfd_siginfo signal;
  if (read(watch->fd, &signal, sizeof signal) != sizeof signal) return;
  if (signal.ssi_signo != SIGCHLD) close_all(0);
  state.orphans = 1;
}

static void refused(void *unused, int number, const char *what, const char *setting) {
  (void)unused;
  for (struct life *life = state.lives; life; life = life->next) {
    if (!life->has_slot || life->slot.number != number || !life->started) continue;
    struct wire_writer writer;
    wire_begin(&writer, "refused");
    wire_field(&writer, "what", "%s", what);
    wire_field(&writer, "setting", "%s", setting);
    say(life, &writer);
  }
}

static void network_ready(struct watch *watch, unsigned events) {
  (void)watch;
  (void)events;
  if (!net_events(&state.server->net, refused, NULL)) return;
  dprintf(2, "the process that carries the network has ended\n");
  close_all(1);
}

int server_open(struct server *server) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  sigset_t signals;
  state.server = server;
  state.loop = watch_open();
  state.spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (snprintf(address.sun_path, sizeof address.sun_path, "%s/launcher.sock", server->folder) >= (int)sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  unlink(address.sun_path);
  state.listener = (struct watch){.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), .ready = listener_ready};
  if (state.listener.fd < 0 || bind(state.listener.fd, (struct sockaddr *)&address, sizeof address) || listen(state.listener.fd, 256)) return -1;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGCHLD);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  state.signals = (struct watch){.fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK), .ready = signals_ready};
  state.lifeline = (struct watch){.fd = 0, .ready = lifeline_ready};
  state.network = (struct watch){.fd = server->networked ? net_fd(&server->net) : -1, .ready = network_ready};
  watch_add(state.loop, &state.listener, EPOLLIN);
  watch_add(state.loop, &state.signals, EPOLLIN);
  watch_add(state.loop, &state.lifeline, EPOLLIN);
  state.slots = (struct watch){.fd = server->networked ? net_slots_fd(&server->net) : -1, .ready = slots_ready};
  if (state.network.fd >= 0) watch_add(state.loop, &state.network, EPOLLIN);
  if (state.slots.fd >= 0) watch_add(state.loop, &state.slots, 0);
  return 0;
}

void server_stock(void) {
  for (int i = 0; i < 8 && group_tend(state.server, &state.groups); i++) {}
}

void server_run(void) {
  int more = 1;
  /* Groups and namespaces are made in quiet moments: that holds locks and processors that a sandbox needs to start. */
  for (;;) {
    if (state.slots.events) turn_away_those_who_waited();
    if (watch_wait(state.loop, more ? QUIET_MILLIS : state.slots.events ? 50 : -1) && !group_crowded(&state.groups)) more = 1;
    else {
      more = group_tend(state.server, &state.groups);
      if (state.server->networked) net_tend(&state.server->net);
    }
    if (state.orphans) reap_orphans();
  }
}

void server_try(struct trial *trials, int count, int milliseconds) {
  struct life *lives[8];
  int64_t until = nanos_now() + milliseconds * 1000000LL;
  for (int i = 0; i < count; i++) {
    trials[i].status = -1;
    lives[i] = life_new(-1);
    if (!lives[i]) continue;
    lives[i]->trial = &trials[i];
    if (start(lives[i], &trials[i].request, trials[i].attempt, trials[i].control)) lives[i]->ended = 1;
  }
  for (int i = 0; i < count; i++) {
    while (lives[i] && !lives[i]->ended) {
      watch_wait(state.loop, 5);
      if (nanos_now() > until) send_signal(lives[i], SIGKILL);
    }
    if (lives[i]) forget(lives[i]);
  }
}
