/*
 * load HOST PORT PATH CONNECTIONS REQUESTS: a closed loop. Each connection sends a request as soon as it has the answer to the last. Prints the
 * microseconds of every request, one a line; anything but a 200 with a length ends it with the reason on standard error.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 256, ROOM = 16384 };

static struct connection {
  int fd;
  size_t got;
  int64_t begun;
  char answer[ROOM + 1];
} connections[MOST];
static char request[1024];
static int sent, done, wanted;
static double *took;

static void give_up(const char *what) __attribute__((noreturn));
static void give_up(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void ask(struct connection *connection) {
  if (sent == wanted) return;
  sent++;
  connection->got = 0;
  connection->begun = now();
  size_t size = strlen(request);
  if (send(connection->fd, request, size, MSG_NOSIGNAL) != (ssize_t)size) give_up("send");
}

/* Whether the whole answer is there. */
static int complete(struct connection *connection) {
  connection->answer[connection->got] = 0;
  char *end = strstr(connection->answer, "\r\n\r\n");
  if (!end) return 0;
  char *length = strcasestr(connection->answer, "\r\ncontent-length:");
  if (strncmp(connection->answer, "HTTP/1.1 200 ", 13) || !length || length > end) {
    fprintf(stderr, "%s\n", connection->answer);
    errno = EPROTO;
    give_up("answer");
  }
  return connection->got >= (size_t)(end + 4 - connection->answer) + strtoul(length + 17, NULL, 10);
}

static void hear(struct connection *connection) {
  ssize_t got = recv(connection->fd, connection->answer + connection->got, ROOM - connection->got, 0);
  if (got <= 0) give_up("closed");
  connection->got += (size_t)got;
  if (!complete(connection)) return;
  took[done++] = (double)(now() - connection->begun) / 1000;
  ask(connection);
}

int main(int argc, char **argv) {
  if (argc != 6 || atoi(argv[4]) < 1 || atoi(argv[4]) > MOST || atoi(argv[5]) < 1) {
    fprintf(stderr, "load HOST PORT PATH CONNECTIONS REQUESTS\n");
    return 2;
  }
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int count = atoi(argv[4]), loop = epoll_create1(EPOLL_CLOEXEC), yes = 1;
  wanted = atoi(argv[5]);
  took = calloc((size_t)wanted, sizeof *took);
  snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s:%s\r\n\r\n", argv[3], argv[1], argv[2]);
  for (int i = 0; i < count; i++) {
    struct connection *connection = &connections[i];
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(connection->fd, (struct sockaddr *)&address, sizeof address)) give_up("connect");
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    epoll_ctl(loop, EPOLL_CTL_ADD, connection->fd, &event);
  }
  for (int i = 0; i < count; i++) ask(&connections[i]);
  while (done < wanted) {
    struct epoll_event events[MOST];
    int ready = epoll_wait(loop, events, MOST, 30000);
    if (ready <= 0) errno = ETIMEDOUT, give_up("no answer in 30 s");
    for (int i = 0; i < ready; i++) hear(events[i].data.ptr);
  }
  for (int i = 0; i < done; i++) printf("%.1f\n", took[i]);
  return 0;
}
