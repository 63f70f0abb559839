#include "tunnel.h"
#include "net/net.h"
#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 32 * 1024 };

/* One direction: bytes[from..until) wait to be sent. */
struct flow {
  size_t from, until;
  int over;  /* the source has said its last */
  int ended; /* and all of it has been passed on */
  char bytes[ROOM];
};

/* watch comes first in each end, so that an end is found from its watch. */
struct end {
  struct watch watch;
  struct tunnel *tunnel;
};

struct tunnel {
  struct end near, far;
  struct flow there, back;
  struct tunnel_start start;
  size_t start_sent;
  int loop, connecting;
};

static int count; /* of those with someone to tell of their end */

int tunnel_count(void) { return count; }

static void finish(struct tunnel *tunnel) {
  watch_close(tunnel->loop, &tunnel->near.watch);
  watch_close(tunnel->loop, &tunnel->far.watch);
  if (tunnel->start.closed) {
    count--; /* first: who is told may be waiting for the last one */
    tunnel->start.closed(tunnel->start.label);
  }
  free(tunnel->start.bytes);
  free(tunnel);
}

/* False when the connection is broken. */
static int fill(struct flow *flow, int fd) {
  if (flow->over || flow->from != flow->until) return 1;
  ssize_t got = recv(fd, flow->bytes, ROOM, MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  flow->from = 0;
  flow->until = (size_t)got;
  if (!got) flow->over = 1;
  return 1;
}

static int drain(struct flow *flow, int fd) {
  while (flow->from < flow->until) {
    ssize_t sent = send(fd, flow->bytes + flow->from, flow->until - flow->from, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    flow->from += (size_t)sent;
  }
  flow->ended = flow->over;
  return 1;
}

static int send_start(struct tunnel *tunnel) {
  while (tunnel->start_sent < tunnel->start.size) {
    ssize_t sent = send(tunnel->far.watch.fd, tunnel->start.bytes + tunnel->start_sent, tunnel->start.size - tunnel->start_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    tunnel->start_sent += (size_t)sent;
  }
  return 1;
}

static unsigned wanted(const struct flow *in, const struct flow *out, int more) {
  return (!in->over && in->from == in->until ? EPOLLIN : 0) | (out->from < out->until || more ? EPOLLOUT : 0);
}

static void ready(struct watch *watch, unsigned events) {
  struct tunnel *tunnel = ((struct end *)watch)->tunnel;
  int near = tunnel->near.watch.fd, far = tunnel->far.watch.fd;
  if (tunnel->connecting) {
    int failure = 0;
    socklen_t size = sizeof failure;
    if (watch == &tunnel->near.watch) return finish(tunnel); /* only its loss is asked for while connecting */
    if (getsockopt(far, SOL_SOCKET, SO_ERROR, &failure, &size) || failure) return finish(tunnel);
    tunnel->connecting = 0;
  }
  /* Who asked is gone altogether, not just done with asking. */
  if (events & EPOLLERR || (watch == &tunnel->near.watch && events & EPOLLHUP)) return finish(tunnel);
  int sound = send_start(tunnel);
  int waiting = tunnel->start_sent < tunnel->start.size;
  for (int round = 0; sound && round < 4; round++) {
    sound = fill(&tunnel->back, far) && drain(&tunnel->back, near);
    if (sound && !waiting) sound = fill(&tunnel->there, near) && drain(&tunnel->there, far);
  }
  /* The program's last word ends it: a client that keeps its side open waits for nothing more. */
  if (!sound || tunnel->back.ended) return finish(tunnel);
  watch_change(tunnel->loop, &tunnel->near.watch, wanted(&tunnel->there, &tunnel->back, 0) & ~(waiting ? (unsigned)EPOLLIN : 0U));
  watch_change(tunnel->loop, &tunnel->far.watch, wanted(&tunnel->back, &tunnel->there, waiting));
}

void tunnel_open(int loop, int from, const struct sockaddr *to, const struct tunnel_start *start) {
  socklen_t size = to->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
  struct tunnel *tunnel = malloc(sizeof *tunnel);
  int far = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), priority = NET_STAY_PRIORITY;
  if (tunnel && far >= 0) {
    memset(tunnel, 0, offsetof(struct tunnel, there));
    tunnel->there.from = tunnel->there.until = tunnel->back.from = tunnel->back.until = 0;
    tunnel->there.over = tunnel->there.ended = tunnel->back.over = tunnel->back.ended = 0;
    tunnel->start = start ? *start : (struct tunnel_start){0};
    tunnel->start_sent = 0;
    tunnel->loop = loop;
    tunnel->connecting = 1;
    tunnel->near = (struct end){{.fd = from, .ready = ready}, tunnel};
    tunnel->far = (struct end){{.fd = far, .ready = ready}, tunnel};
    setsockopt(far, SOL_SOCKET, SO_PRIORITY, &priority, sizeof priority); /* the program's port may be one of the platform's */
    if (!connect(far, to, size) || errno == EINPROGRESS) {
      count += tunnel->start.closed != NULL;
      watch_add(loop, &tunnel->near.watch, 0);
      watch_add(loop, &tunnel->far.watch, EPOLLOUT);
      return;
    }
  }
  if (start && start->closed) start->closed(start->label);
  if (start) free(start->bytes);
  free(tunnel);
  if (far >= 0) close(far);
  close(from);
}
