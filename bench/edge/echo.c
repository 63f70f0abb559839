/* The smallest server of a WebSocket: each message comes back as it came, and every other request is answered with the first argument. Listens on $PORT. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 8192, MOST = 4096 };

static struct client {
  int upgraded;
  size_t got;
  unsigned char data[ROOM + 1];
} *clients[MOST];

/* It accepts the one key that connection.c sends. */
static const char switching[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n\r\n";
static char plain[512];
static size_t plain_size;

static void leave(int fd) {
  free(clients[fd]);
  clients[fd] = NULL;
  close(fd);
}

static int answer(int fd, const void *data, size_t size) { return send(fd, data, size, MSG_NOSIGNAL) == (ssize_t)size; }

/* Masked frames of at most 125 bytes, as load.c sends them; returns how many bytes one takes, or 0 for later. */
static size_t echo(int fd, unsigned char *data, size_t got) {
  if (got < 2 || got < 6 + (size_t)(data[1] & 0x7f)) return 0;
  size_t length = data[1] & 0x7f;
  unsigned char frame[2 + 125] = {data[0], (unsigned char)length};
  if (length > 125) return 0;
  for (size_t i = 0; i < length; i++) frame[2 + i] = data[6 + i] ^ data[2 + i % 4];
  answer(fd, frame, 2 + length);
  return 6 + length;
}

static void hear(int fd) {
  struct client *client = clients[fd];
  ssize_t got = recv(fd, client->data + client->got, ROOM - client->got, 0);
  if (got <= 0) {
    leave(fd);
    return;
  }
  client->got += (size_t)got;
  client->data[client->got] = 0;
  size_t used = 0, one;
  if (!client->upgraded) {
    char *end = strstr((char *)client->data, "\r\n\r\n");
    if (!end) return;
    used = (size_t)(end + 4 - (char *)client->data);
    client->upgraded = strcasestr((char *)client->data, "\r\nupgrade: websocket") != NULL;
    if (client->upgraded) answer(fd, switching, sizeof switching - 1);
    else answer(fd, plain, plain_size);
  }
  while (client->upgraded && (one = echo(fd, client->data + used, client->got - used))) used += one;
  client->got -= used;
  memmove(client->data, client->data + used, client->got);
}

int main(int argc, char **argv) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(getenv("PORT"))), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), loop = epoll_create1(EPOLL_CLOEXEC), yes = 1;
  plain_size = (size_t)snprintf(plain, sizeof plain, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(argv[argc - 1]), argv[argc - 1]);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 128)) {
    perror("echo");
    return 1;
  }
  epoll_ctl(loop, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN, .data.fd = listener});
  for (;;) {
    struct epoll_event events[64];
    int ready = epoll_wait(loop, events, 64, -1);
    for (int i = 0; i < ready; i++) {
      if (events[i].data.fd != listener) {
        hear(events[i].data.fd);
        continue;
      }
      int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
      if (fd < 0 || fd >= MOST) {
        if (fd >= 0) close(fd);
        continue;
      }
      clients[fd] = calloc(1, sizeof *clients[fd]);
      epoll_ctl(loop, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.fd = fd});
    }
  }
}
