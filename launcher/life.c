#include "life.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct lives lives;

/* By its descriptor: its number may be another's once it has been waited for. */
void life_signal(const struct life *life, int number) {
  if (life->child.fd >= 0) syscall(SYS_pidfd_send_signal, life->child.fd, number, NULL, 0);
}

/* A copy is not broken off while it is made: that would leave its zygote halfway, which is the end of that. It takes a moment, or has a limit. */
void life_end(struct life *life) {
  if (*life->zygote && life->report.fd >= 0) life->unwanted = 1;
  else life_signal(life, SIGKILL);
}

/* --- telling the server */

void life_say(struct life *life, struct wire_writer *writer) {
  if (life->connection.fd >= 0 && wire_send(writer, life->connection.fd)) life_signal(life, SIGKILL); /* who does not listen is gone */
}

void life_say_failed(struct life *life, const char *step, const char *why) {
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
  if (life->cpu) {
    struct cgroup_limits limits = life->group.set;
    limits.cpu = life->cpu;
    if (cgroup_limit(&lives.server->groups, &life->group, &limits)) {
      life_say_failed(life, "cgroup", strerror(errno));
      return life_signal(life, SIGKILL);
    }
  }
  cgroup_counter(&lives.server->groups, &life->group, counter, sizeof counter);
  wire_begin(&writer, "started");
  wire_field(&writer, "pid", "%d", life->pid);
  wire_field(&writer, "address", "%s", life->has_slot ? life->slot.address : "");
  wire_field(&writer, "counter", "%s", counter);
  wire_field(&writer, "steps", "%s", steps);
  life->started = 1;
  struct life *zygote = *life->zygote ? life_zygote(life->zygote) : NULL;
  if (zygote) zygote->answered = nanos_now();
  life_say(life, &writer);
}

/* --- all of them */

struct life *life_new(int connection, void (*ready)(struct watch *watch, unsigned events)) {
  struct life *life = calloc(1, sizeof *life);
  if (!life) return NULL;
  life->connection = (struct watch){.fd = connection, .ready = ready};
  life->report.fd = life->child.fd = life->memory.fd = -1;
  life->slot.netns = life->orders = -1;
  life->next = lives.first;
  lives.first = life;
  return life;
}

struct life *life_of(pid_t pid) {
  for (struct life *life = lives.first; life; life = life->next)
    if (life->pid == pid && !life->ended) return life;
  return NULL;
}

/* --- the end of a sandbox */

/* v1: memory ran out somewhere in the sandbox; on v2 the kernel kills the whole group by itself. The event comes before the kernel has chosen
 * whom to end, and once: what it counts may not tell yet. */
static int told_of_memory(struct life *life) {
  uint64_t count;
  if (life->memory.fd >= 0 && read(life->memory.fd, &count, sizeof count) == sizeof count) life->oom = 1;
  return life->oom;
}

static int out_of_memory(struct life *life) { return told_of_memory(life) || cgroup_oom(&lives.server->groups, &life->group); }

void life_close_orders(struct life *life) {
  if (life->orders >= 0) close(life->orders);
  if (life->spoke) munmap(life->spoke, sizeof *life->spoke);
  life->orders = -1;
  life->spoke = NULL;
}

void life_forget(struct life *life) {
  struct life **at = &lives.first;
  while (*at && *at != life) at = &(*at)->next;
  if (*at) *at = life->next;
  watch_close(lives.loop, &life->connection);
  watch_close(lives.loop, &life->report);
  watch_close(lives.loop, &life->child);
  if (life->memory.fd >= 0) watch_close(lives.loop, &life->memory);
  life_close_orders(life);
  wire_free(&life->reader);
  free(life);
}

void life_give_back(struct life *life) {
  if (life->has_slot) net_release(&lives.server->net, life->slot.number);
  if (life->has_slot) close(life->slot.netns);
  if (life->has_group) group_leave(lives.server, &lives.groups, &life->group);
  life->has_slot = life->has_group = 0;
}

void life_child_ready(struct watch *watch, unsigned events) {
  (void)events;
  struct life *life = (struct life *)((char *)watch - offsetof(struct life, child));
  int status;
  if (waitpid(life->pid, &status, WNOHANG) != life->pid) return;
  if (life->report.fd >= 0) life_report_ready(&life->report, 0); /* what it said of its start comes first */
  life->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  cgroup_kill(&life->group);
  struct wire_writer writer;
  long long cpu = cgroup_cpu_micros(&lives.server->groups, &life->group);
  int oom = out_of_memory(life);
  wire_begin(&writer, "ended");
  wire_field(&writer, "status", "%d", life->status);
  wire_field(&writer, "oom", "%d", oom);
  wire_field(&writer, "cpu", "%lld", cpu);
  wire_field(&writer, "peak", "%lld", cgroup_peak(&lives.server->groups, &life->group));
  if (life->trial) life->trial->throttled = cgroup_throttled(&lives.server->groups, &life->group);
  life_give_back(life);
  if (life->started && life->connection.fd >= 0) wire_send(&writer, life->connection.fd);
  life->ended = 1;
  if (!life->trial) return life_forget(life);
  life->trial->status = life->started ? life->status : -1;
  life->trial->oom = oom;
}

void life_memory_ready(struct watch *watch, unsigned events) {
  (void)events;
  struct life *life = (struct life *)((char *)watch - offsetof(struct life, memory));
  if (told_of_memory(life)) life_signal(life, SIGKILL);
}

struct life *life_zygote(const char *id) {
  for (struct life *life = lives.first; life; life = life->next)
    if (life->orders >= 0 && life->started && !life->ended && !strcmp(life->id, id)) return life;
  return NULL;
}

/* It is stopped or stuck, and would keep everybody waiting who asks it; unless it answers others, as where so many ask that some wait too long. */
static void end_silent(const char *id) {
  const struct life *zygote = life_zygote(id);
  if (!zygote || nanos_now() - zygote->answered < PATIENCE_MILLIS * 1000000LL) return;
  dprintf(2, "zygote %s did not answer, and is ended\n", id);
  life_signal(zygote, SIGKILL);
}

void life_report_ready(struct watch *watch, unsigned events) {
  (void)events;
  struct life *life = (struct life *)((char *)watch - offsetof(struct life, report));
  struct report report = {0};
  ssize_t got = read(watch->fd, &report, sizeof report);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  watch_close(lives.loop, watch);
  if (life->unwanted) life_signal(life, SIGKILL);
  /* Where memory ran out before its init could tell that the program runs, what counts is how it ended. */
  if (got == sizeof report ? !report.failed : !got && out_of_memory(life)) return say_started(life, &report);
  if (got == sizeof report && report.failed == ETIMEDOUT && *life->zygote) end_silent(life->zygote);
  char why[260];
  if (got == sizeof report) snprintf(why, sizeof why, "%s%s%.100s", strerror(report.failed), *report.about ? ": " : "", report.about);
  else snprintf(why, sizeof why, "it ended before it had started");
  life_say_failed(life, got == sizeof report ? report.failed_at : "start", why);
  life_signal(life, SIGKILL);
}
