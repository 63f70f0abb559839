#include "probe.h"
#include "attempts.h"
#include "confine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATIENCE_MILLIS = 3000, LOG_FRAME = 0x15, LOG_HEAD = 18 };

static struct check *add(struct findings *findings, const char *name, int proved, const char *cost, const char *fix) {
  struct check *check = &findings->checks[findings->count < MOST_CHECKS ? findings->count++ : MOST_CHECKS - 1];
  snprintf(check->name, sizeof check->name, "%s", name);
  check->proved = proved;
  check->cost = proved ? "" : cost;
  check->fix = proved ? "" : fix;
  check->detail[0] = 0;
  return check;
}

static struct request basic(const struct server *server) {
  static char *program[] = {"probe", NULL};
  struct request request = {.id = "probe", .run = "/", .cwd = "/", .egress = "none", .hostname = "mayfly", .shape = SHAPE_TOOL,
                            .uid = -1, .gid = -1, .tmp = 1 << 20, .cpu = 1000, .pids = 64, .files = 256, .inodes = 64, .port = 8080};
  request.argv[0] = program[0];
  request.argc = 1;
  if (!server->rootless) request.uid = request.gid = 65534;
  return request;
}

/* The lines that the probe printed, out of the frames that its init made of them. */
static size_t read_lines(int channel, char *lines, size_t room) {
  unsigned char head[5], payload[4096];
  size_t used = 0;
  while (recv(channel, head, sizeof head, MSG_WAITALL | MSG_DONTWAIT) == sizeof head) {
    size_t length = ((size_t)head[2] << 8 | head[3]) - 1;
    if (head[0] || head[1] || length > sizeof payload || recv(channel, payload, length, MSG_WAITALL) != (ssize_t)length) break;
    if (head[4] == LOG_FRAME && length > LOG_HEAD && used + length < room) used += (size_t)snprintf(lines + used, room - used, "%.*s\n", (int)(length - LOG_HEAD), payload + LOG_HEAD);
  }
  lines[used] = 0;
  return used;
}

/* The barriers alone first: whether there can be sandboxes at all. Its lines, if it ran. */
static struct trial run_barriers(struct server *server, char *lines, size_t room) {
  int channel[2];
  struct trial trial = {.request = basic(server), .attempt = attempt_barriers, .status = -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel)) return trial;
  trial.control = channel[1];
  server_try(&trial, 1, PATIENCE_MILLIS);
  close(channel[1]);
  read_lines(channel[0], lines, room);
  close(channel[0]);
  return trial;
}

static const char *cost_of(const char *barrier) {
  if (!strcmp(barrier, "users")) return "a break-out would be one of an unprivileged user of the host, not of nobody";
  if (!strcmp(barrier, "landlock")) return "one layer less: the mounts alone keep files read-only";
  return "code in a sandbox can reach what it should not";
}

static const char *fix_of(const char *barrier) {
  if (!strcmp(barrier, "landlock") && !landlock_level()) return "Use a kernel of 5.13 or later with Landlock among its security modules (lsm=landlock,…).";
  return "Report this: the launcher set this barrier and the kernel did not keep it.";
}

static void check_barriers(struct findings *findings, char *lines) {
  for (char *line = strtok(lines, "\n"); line; line = strtok(NULL, "\n")) {
    char name[24], result[12];
    int rest = 0;
    if (sscanf(line, "%23s %11s %n", name, result, &rest) != 2) continue;
    struct check *check = add(findings, name, !strcmp(result, "held"), cost_of(name), fix_of(name));
    if (strcmp(name, "landlock")) snprintf(check->detail, sizeof check->detail, "%.150s", line + rest);
    else if (landlock_level()) snprintf(check->detail, sizeof check->detail, "level %d of this kernel: %.100s", landlock_level(), line + rest);
    else snprintf(check->detail, sizeof check->detail, "this kernel has none");
  }
}

static const char *const NO_GROUPS = "Run the server as root, or in a cgroup that is delegated to it: systemd-run --user --scope -p Delegate=yes mayfly up";

static void tell(struct findings *findings, const char *name, int held, const char *cost, const char *fix, const char *yes, const char *no) {
  struct check *check = add(findings, name, held, cost, fix);
  snprintf(check->detail, sizeof check->detail, "%s", held ? yes : no);
}

/* A socket that listens where other machines could reach it, which a sandbox without egress must not; -1 where this machine is alone. */
static int listen_outside(void) {
  struct ifaddrs *all = NULL;
  int fd = -1;
  attempts_outside.address = 0;
  if (getifaddrs(&all)) return -1;
  for (struct ifaddrs *one = all; one && fd < 0; one = one->ifa_next) {
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET) continue;
    address = *(struct sockaddr_in *)one->ifa_addr;
    if (ntohl(address.sin_addr.s_addr) >> 24 == 127) continue;
    address.sin_port = 0;
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && !bind(fd, (struct sockaddr *)&address, sizeof address) && !listen(fd, 1) && !getsockname(fd, (struct sockaddr *)&address, &size)) {
      attempts_outside.address = address.sin_addr.s_addr;
      attempts_outside.port = address.sin_port;
    } else if (fd >= 0) {
      close(fd);
      fd = -1;
    }
  }
  freeifaddrs(all);
  return fd;
}

static void tell_egress(const struct server *server, struct findings *findings, const struct trial *trial) {
  int there = server->networked && server->net.egress, held = !attempts_outside.address || trial->status == 0;
  struct check *check = add(findings, "egress", there && held, there ? "functions reach what their setting forbids" : "functions reach the platform's own URLs and nothing else",
                            there ? "Report this: what carries the network did not keep a policy." : "Load the kernel's nf_tables, nfnetlink_queue and nft_tproxy.");
  const char *yes = held ? "functions reach out through sockets of the host, as their setting says" : "a probe without egress reached an address of this machine";
  snprintf(check->detail, sizeof check->detail, "%.150s", there ? yes : server->net.why);
}

/* The limits, all at once: they wait more than they work. */
static void check_limits(struct server *server, struct findings *findings) {
  enum { MEMORY, PROCESSES, CPU, TMP, EGRESS, COUNT };
  int nobody[2], outside = listen_outside();
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, nobody)) return;
  struct trial trials[COUNT];
  int (*const attempts[COUNT])(void) = {attempt_memory, attempt_processes, attempt_cpu, attempt_tmp, attempt_connect};
  for (int i = 0; i < COUNT; i++) trials[i] = (struct trial){.request = basic(server), .attempt = attempts[i], .control = nobody[1]};
  trials[MEMORY].request.memory = 32 << 20;
  trials[PROCESSES].request.pids = 16;
  trials[CPU].request.cpu = 50;
  server_try(trials, COUNT, PATIENCE_MILLIS);
  close(nobody[0]);
  close(nobody[1]);
  if (outside >= 0) close(outside);
  tell(findings, "memory", trials[MEMORY].oom, "one function can take all memory of the machine", NO_GROUPS, "a probe that took 96 MiB was ended at its 32 MiB", "a probe of 32 MiB could take 96 MiB");
  tell(findings, "pids", trials[PROCESSES].status == 0, "one function can use up the machine's processes", NO_GROUPS, "a probe of 16 processes could not make 100", "a probe of 16 processes made 100");
  /* 12 ms of CPU time at a twentieth of a processor come in slices of 5 ms every 100. That it took long would prove nothing where much goes on. */
  int held = trials[CPU].status == 0 && trials[CPU].throttled > 0;
  tell(findings, "cpu", held, "one function can keep all processors busy", NO_GROUPS, "a probe of a twentieth of a processor was held to it", "a probe of a twentieth of a processor got a whole one");
  tell_egress(server, findings, &trials[EGRESS]);
  tell(findings, "tmp", trials[TMP].status == 0, "one function can fill the machine's memory with files", "Report this: tmpfs did not keep its size.", "a probe of 1 MiB and 64 inodes in /tmp found the end of both", "a probe of 1 MiB and 64 inodes in /tmp found no end of one");
}

void probe_all(struct server *server, struct findings *findings, int limits) {
  static char lines[16384];
  memset(findings, 0, sizeof *findings);
  struct stat network;
  attempts_outside.network = stat("/proc/self/ns/net", &network) ? 0 : network.st_ino;
  struct trial first = run_barriers(server, lines, sizeof lines);
  if (strstr(first.why, "user namespace") && !server->rootless) {
    server->around.users = 0; /* root on a machine that forbids user namespaces: the other barriers stand */
    first = run_barriers(server, lines, sizeof lines);
  }
  findings->sandbox = first.status == 0;
  if (!findings->sandbox) {
    snprintf(findings->why, sizeof findings->why, "no sandbox can be started here: %s", *first.why ? first.why : "its probe did not end well");
    return;
  }
  check_barriers(findings, lines);
  if (limits) check_limits(server, findings);
  char counter[640] = "";
  struct cgroup none = {.unified = server->groups.unified, .folder = {-1, -1, -1, server->groups.v1[CG_CPUACCT]}};
  cgroup_counter(&server->groups, &none, counter, sizeof counter);
  struct check *check = add(findings, "counter", *counter != 0, "CPU time is summed over processes, which misses what ends between two looks", NO_GROUPS);
  snprintf(check->detail, sizeof check->detail, *counter ? "one counter of CPU time for each sandbox" : "no counter of CPU time for each sandbox");
}

/* Texts are of this program's own making but for those of the kernel's errors; what JSON cannot hold is left out. */
static void print_text(const char *key, const char *text) {
  printf("\"%s\":\"", key);
  for (; *text; text++)
    if (*text == '"' || *text == '\\') printf("\\%c", *text);
    else if ((unsigned char)*text >= 0x20) putchar(*text);
  putchar('"');
}

void findings_print(const struct server *server, const struct findings *findings) {
  printf("{\"ready\":true,\"rootless\":%s,\"egress\":%s,\"checks\":[", server->rootless ? "true" : "false", server->networked && server->net.egress ? "true" : "false");
  for (int i = 0; i < findings->count; i++) {
    const struct check *check = &findings->checks[i];
    printf("%s{", i ? "," : "");
    print_text("name", check->name);
    printf(",\"proved\":%s,", check->proved ? "true" : "false");
    print_text("detail", check->detail);
    putchar(',');
    print_text("cost", check->cost);
    putchar(',');
    print_text("fix", check->fix);
    putchar('}');
  }
  puts("]}");
  fflush(stdout);
}
