#include "files.h"
#include "life.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { QUIET_MILLIS = 4 };

static struct {
  int orphans, spare; /* orphans: there may be some to wait for; spare: a descriptor to give up when there are no more */
  struct watch listener, lifeline, signals, network, slots;
} state;

/* --- requests */

static void lose(struct life *life) {
  if (!life->pid) return life_forget(life);
  watch_close(lives.loop, &life->connection);
  life_end(life);
}

static void obey(struct life *life, const char *fields, size_t length) {
  if (!strcmp(fields, "kill")) life_end(life);
  else if (!strcmp(fields, "term")) life_signal(life, SIGTERM);
  else if (!strcmp(fields, "specialise")) life_specialise(life, fields, length);
}

static int is_taken(const char *id) {
  for (const struct life *life = lives.first; life; life = life->next)
    if (!strcmp(life->id, id)) return 1;
  return 0;
}

/* 0, or -1 with a sentence in why. */
static int check(const struct request *request, char *why, size_t room) {
  int rootless = lives.server->rootless;
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
  if (failed || check(&request, why, sizeof why)) return life_say_failed(life, "request", why), -1;
  int begun = life_start(life, &request, NULL, -1);
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
  watch_change(lives.loop, &life->connection, 0);
  watch_change(lives.loop, &state.slots, EPOLLIN);
}

static void connection_ready(struct watch *watch, unsigned events) {
  struct life *life = (struct life *)watch;
  if (life->waiting && events & (EPOLLHUP | EPOLLERR)) return life_forget(life);
  const char *fields;
  size_t length;
  for (;;) { /* what has been read already, nothing will wake us for */
    enum wire_read got = wire_read(&life->reader, watch->fd, &fields, &length);
    if (got == WIRE_AGAIN) return;
    if (got == WIRE_BAD) life_say_failed(life, "frame", "the frame is longer than 262144 bytes, or does not end with NUL");
    if (got != WIRE_FRAME) return lose(life);
    if (life->pid) {
      obey(life, fields, length);
    } else {
      int begun = spawn(life, fields, length);
      if (begun == EAGAIN) return wait_for_network(life);
      if (begun) return life_forget(life);
      life->waiting = 0;
    }
    wire_next(&life->reader); /* wiped: a child has its own copy of what it needs */
  }
}

static struct life *first_waiting(void) {
  struct life *first = NULL;
  for (struct life *life = lives.first; life; life = life->next)
    if (life->waiting && (!first || life->waiting < first->waiting)) first = life;
  return first;
}

static void slots_ready(struct watch *watch, unsigned events) {
  (void)events;
  struct life *life = first_waiting();
  if (!life) return watch_change(lives.loop, watch, 0);
  watch_change(lives.loop, &life->connection, EPOLLIN);
  connection_ready(&life->connection, 0); /* may forget it */
}

static void turn_away_those_who_waited(void) {
  struct life *life = first_waiting();
  if (!life || nanos_now() - life->waiting < PATIENCE_MILLIS * 1000000LL) return;
  life_say_failed(life, "network", "no network was ready in 5 seconds");
  life_forget(life);
}

/* With the one descriptor that is kept for it, or the connection would wait at the door and wake us for ever. */
static void turn_away(int listener, int failure) {
  close(state.spare);
  struct life turned = {.connection.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)};
  life_say_failed(&turned, "connection", strerror(failure));
  if (turned.connection.fd >= 0) close(turned.connection.fd);
  state.spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void listener_ready(struct watch *watch, unsigned events) {
  (void)events;
  int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0 && (errno == EMFILE || errno == ENFILE)) return turn_away(watch->fd, errno);
  struct life *life = fd < 0 ? NULL : life_new(fd, connection_ready);
  if (life && watch_try(lives.loop, &life->connection, EPOLLIN)) life_forget(life);
  else if (!life && fd >= 0) close(fd);
}

/* --- orphans: a zygote that ends leaves some, who were on their way to a sandbox, and an init cannot end before somebody has waited for them */

static void reap_orphans(void) {
  for (siginfo_t child = {0}; !waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) && child.si_pid; child.si_pid = 0) {
    if (life_of(child.si_pid) || child.si_pid == lives.server->net.pid) return; /* whose own turn comes first; then again */
    waitpid(child.si_pid, NULL, 0);
  }
  state.orphans = 0;
}

/* --- the launcher's own end */

static int any_alive(void) {
  for (const struct life *life = lives.first; life; life = life->next)
    if (life->pid > 0 && !life->ended) return 1;
  return 0;
}

/* Whoever comes after this process finds nothing of it. */
static void close_all(int status) __attribute__((noreturn));
static void close_all(int status) {
  for (struct life *life = lives.first; life; life = life->next)
    if (!life->ended) life_signal(life, SIGKILL);
  alarm(PATIENCE_MILLIS / 1000); /* the next launcher sweeps what does not end */
  while (any_alive()) {
    pid_t child = waitpid(-1, NULL, 0);
    struct life *life = life_of(child);
    if (life) life->ended = 1;
    if (child == lives.server->net.pid) lives.server->net.pid = 0;
    if (child < 0 && errno != EINTR) break;
  }
  if (lives.server->networked) net_stop(&lives.server->net);
  while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {}
  cgroups_close(&lives.server->groups);
  char path[128];
  snprintf(path, sizeof path, "%s/launcher.sock", lives.server->folder);
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
  for (struct life *life = lives.first; life; life = life->next) {
    if (!life->has_slot || life->slot.number != number || !life->started) continue;
    struct wire_writer writer;
    wire_begin(&writer, "refused");
    wire_field(&writer, "what", "%s", what);
    wire_field(&writer, "setting", "%s", setting);
    life_say(life, &writer);
  }
}

static void network_ready(struct watch *watch, unsigned events) {
  (void)watch;
  (void)events;
  if (!net_events(&lives.server->net, refused, NULL)) return;
  dprintf(2, "the process that carries the network has ended\n");
  close_all(1);
}

int server_open(struct server *server) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  sigset_t signals;
  lives.server = server;
  lives.loop = watch_open();
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
  watch_add(lives.loop, &state.listener, EPOLLIN);
  watch_add(lives.loop, &state.signals, EPOLLIN);
  watch_add(lives.loop, &state.lifeline, EPOLLIN);
  state.slots = (struct watch){.fd = server->networked ? net_slots_fd(&server->net) : -1, .ready = slots_ready};
  if (state.network.fd >= 0) watch_add(lives.loop, &state.network, EPOLLIN);
  if (state.slots.fd >= 0) watch_add(lives.loop, &state.slots, 0);
  return 0;
}

void server_stock(void) {
  for (int i = 0; i < 8 && group_tend(lives.server, &lives.groups); i++) {}
}

void server_run(void) {
  int more = 1;
  /* Groups and namespaces are made in quiet moments: that holds locks and processors that a sandbox needs to start. */
  for (;;) {
    if (state.slots.events) turn_away_those_who_waited();
    if (watch_wait(lives.loop, more ? QUIET_MILLIS : state.slots.events ? 50 : -1) && !group_crowded(&lives.groups)) more = 1;
    else {
      more = group_tend(lives.server, &lives.groups);
      if (lives.server->networked) net_tend(&lives.server->net);
    }
    if (state.orphans) reap_orphans();
  }
}

void server_try(struct trial *trials, int count, int milliseconds) {
  struct life *tried[8];
  int64_t until = nanos_now() + milliseconds * 1000000LL;
  for (int i = 0; i < count; i++) {
    trials[i].status = -1;
    tried[i] = life_new(-1, NULL);
    if (!tried[i]) continue;
    tried[i]->trial = &trials[i];
    if (life_start(tried[i], &trials[i].request, trials[i].attempt, trials[i].control)) tried[i]->ended = 1;
  }
  for (int i = 0; i < count; i++) {
    while (tried[i] && !tried[i]->ended) {
      watch_wait(lives.loop, 5);
      if (nanos_now() > until) life_signal(tried[i], SIGKILL);
    }
    if (tried[i]) life_forget(tried[i]);
  }
}
