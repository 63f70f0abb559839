#include "relay.h"
#include "files.h"
#include "frames.h"
#include "net/net.h"
#include "tunnel.h"
#include "watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LONGEST_HEAD = 1024 * 1024, MOST_TUNNELS = 2048, LISTEN = 0x0A, DNS = 53, GRACE_MILLIS = 40 };

static struct {
  int loop, channel, preferred, draining, tries, seen;
  struct sockaddr_storage program;
  struct watch listener, control;
  pid_t pid;
} relay;

int relay_choose_port(const char *table, int preferred, int *preferred_found) {
  int best = 0;
  *preferred_found = 0;
  for (const char *line = strchr(table, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
    unsigned port, state;
    if (sscanf(line + 1, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", &port, &state) != 2 || state != LISTEN || port == DNS || port == NET_TAKE_PORT) continue;
    if ((int)port == preferred) *preferred_found = 1;
    if (!best || (int)port < best || (int)port == preferred)
      if (best != preferred || !best) best = (int)port;
  }
  return best;
}

/* A socket of IPv6 that is bound to an address of IPv4, as gRPC and Java make them, is not there for ::1. */
int relay_ipv4_inside(const char *table, int port) {
  for (const char *line = strchr(table, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
    unsigned at, state;
    if (sscanf(line + 1, " %*d: 0000000000000000FFFF0000%*8[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", &at, &state) == 2 && state == LISTEN && (int)at == port) return 1;
  }
  return 0;
}

static int read_table(const char *path, char *table, size_t room) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  size_t have = 0;
  for (ssize_t got; fd >= 0 && have < room - 1 && (got = read(fd, table + have, room - 1 - have)) > 0;) have += (size_t)got;
  if (fd >= 0) close(fd);
  table[have] = 0;
  return (int)have;
}

static void found(int port, int family) {
  if (family == AF_INET) *(struct sockaddr_in *)&relay.program = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  else *(struct sockaddr_in6 *)&relay.program = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = in6addr_loopback};
  watch_add(relay.loop, &relay.listener, EPOLLIN);
  frame_ready(relay.channel, "provided");
}

/* $PORT at once; another port when it has been there for a moment and $PORT has not come. */
void relay_tick(void) {
  static char table[64 * 1024];
  if (relay.program.ss_family || relay.draining) return;
  relay.tries++;
  static const struct {
    const char *path;
    int family;
  } tables[] = {{"/proc/net/tcp", AF_INET}, {"/proc/net/tcp6", AF_INET6}};
  int other = 0, family = 0;
  for (int i = 0; i < 2; i++) {
    int preferred;
    read_table(tables[i].path, table, sizeof table);
    int port = relay_choose_port(table, relay.preferred, &preferred);
    int as = relay_ipv4_inside(table, port) ? AF_INET : tables[i].family;
    if (preferred) return found(relay.preferred, as);
    if (port && !other) other = port, family = as;
  }
  if (!other) return;
  if (!relay.seen) relay.seen = relay.tries;
  if ((relay.tries - relay.seen) * 2 >= GRACE_MILLIS) found(other, family);
}

int relay_patience(void) {
  if (relay.program.ss_family) return -1;
  return relay.tries < 250 || relay.seen ? 2 : 20;
}

int relay_draining(void) { return relay.draining; }

void relay_ended(int status) {
  char message[120];
  if (relay.program.ss_family || relay.draining) return;
  if (status > 128) snprintf(message, sizeof message, "The program was killed by signal %d before it listened on a port.", status - 128);
  else snprintf(message, sizeof message, "The program exited with code %d before it listened on a port.", status);
  frame_failed(relay.channel, "no_server", message);
}

uint64_t relay_take_number(char *bytes, size_t *size) {
  static const char name[] = "x-mayfly-invocation:";
  size_t at = 0, until = *size;
  while (at < until) {
    char *newline = memchr(bytes + at, '\n', until - at);
    if (!newline) return 0;
    size_t next = (size_t)(newline - bytes) + 1;
    if (next - at <= 2 && at) return 0; /* the empty line: the head is over */
    if (next - at > sizeof name && !strncasecmp(bytes + at, name, sizeof name - 1)) {
      char digits[20] = {0};
      size_t from = at + sizeof name - 1;
      while (from < next && bytes[from] == ' ') from++;
      memcpy(digits, bytes + from, next - from < 16 ? next - from : 16);
      memmove(bytes + at, bytes + next, until - next);
      *size = until - (next - at);
      return strtoull(digits, NULL, 16);
    }
    at = next;
  }
  return 0;
}

/* A connection whose head is still coming in. */
struct arrival {
  struct watch watch;
  char *bytes;
  size_t have, room;
};

static void give_up(struct arrival *arrival) {
  watch_close(relay.loop, &arrival->watch);
  free(arrival->bytes);
  free(arrival);
}

static void request_closed(uint64_t number) {
  if (number) frame_invocation(relay.channel, 1, number);
  if (relay.draining && !tunnel_count()) kill(relay.pid, SIGTERM);
  else if (relay.listener.fd >= 0) watch_change(relay.loop, &relay.listener, EPOLLIN);
}

static void arrival_ready(struct watch *watch, unsigned events) {
  struct arrival *arrival = (struct arrival *)watch;
  if (events & EPOLLERR) return give_up(arrival);
  if (arrival->have == arrival->room) {
    size_t room = arrival->room ? arrival->room * 2 : 4096;
    char *grown = room > LONGEST_HEAD ? NULL : realloc(arrival->bytes, room);
    if (!grown) return give_up(arrival);
    arrival->bytes = grown;
    arrival->room = room;
  }
  ssize_t got = recv(watch->fd, arrival->bytes + arrival->have, arrival->room - arrival->have, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return give_up(arrival);
  arrival->have += (size_t)got;
  if (!memmem(arrival->bytes, arrival->have, "\r\n\r\n", 4)) return;
  uint64_t number = relay_take_number(arrival->bytes, &arrival->have);
  if (number) frame_invocation(relay.channel, 0, number);
  struct tunnel_start start = {.bytes = arrival->bytes, .size = arrival->have, .closed = request_closed, .label = number};
  int fd = dup(watch->fd); /* the watch closes its own */
  watch_close(relay.loop, watch);
  free(arrival);
  if (fd < 0) {
    free(start.bytes);
    return request_closed(number);
  }
  tunnel_open(relay.loop, fd, (struct sockaddr *)&relay.program, &start);
}

static void listener_ready(struct watch *watch, unsigned events) {
  (void)events;
  if (tunnel_count() >= MOST_TUNNELS) return watch_change(relay.loop, watch, 0);
  int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  struct arrival *arrival = fd < 0 ? NULL : calloc(1, sizeof *arrival);
  if (!arrival) {
    if (fd >= 0) close(fd);
    return;
  }
  arrival->watch = (struct watch){.fd = fd, .ready = arrival_ready};
  watch_add(relay.loop, &arrival->watch, EPOLLIN);
}

/* From the server: only drain means anything to a program that has no control channel. What else comes is passed over. */
static void control_ready(struct watch *watch, unsigned events) {
  (void)events;
  static unsigned char head[5];
  static size_t have, skip;
  unsigned char bytes[4096];
  ssize_t got = recv(watch->fd, bytes, sizeof bytes, MSG_DONTWAIT);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return watch_close(relay.loop, watch);
  for (ssize_t i = 0; i < got; i++) {
    if (skip) {
      size_t step = skip < (size_t)(got - i) ? skip : (size_t)(got - i);
      skip -= step;
      i += (ssize_t)step - 1;
      continue;
    }
    head[have++] = bytes[i];
    if (have < sizeof head) continue;
    have = 0;
    skip = ((size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3]) - 1;
    if (head[4] != FRAME_DRAIN) continue;
    relay.draining = 1;
    watch_close(relay.loop, &relay.listener);
    if (!tunnel_count()) kill(relay.pid, SIGTERM);
  }
}

void relay_watch(int loop, const struct doors *doors, const struct request *request, pid_t program) {
  relay.loop = loop;
  relay.channel = doors->worker;
  relay.preferred = (int)request->port;
  relay.pid = program;
  relay.listener = (struct watch){.fd = doors->listener, .ready = listener_ready};
  relay.control = (struct watch){.fd = doors->worker, .ready = control_ready};
  fcntl(doors->listener, F_SETFL, O_NONBLOCK);
  watch_add(loop, &relay.control, EPOLLIN);
  frame_hello(relay.channel, ROLE_WORKER);
}
