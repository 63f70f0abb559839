/* One connection of the load generator: plain or TLS, a socket of TCP or of Unix, requests or messages of a WebSocket. Never blocks. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "load.h"

uint64_t bytes_received;
static char why[512], upgrade[1024], request[4096], filler[256 * 1024];
static size_t upgrade_size, request_size;
static SSL_CTX *context;

const char *reason(void) { return why; }

static int failed(const char *what) {
  snprintf(why, sizeof why, "%s: %s", what, errno ? strerror(errno) : "closed");
  return -1;
}

void prepare(void) {
  const char *close = plan.fresh ? "Connection: close\r\n" : "", *line = plan.header ? "\r\n" : "", *header = plan.header ? plan.header : "";
  if (plan.websocket) {
    upgrade_size = (size_t)snprintf(upgrade, sizeof upgrade, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n%s%s\r\n", plan.path, plan.host, header, line);
    request[0] = (char)0x82;
    request[1] = (char)(0x80 | plan.websocket);
    request_size = 6 + plan.websocket; /* masked with zeros */
  } else if (plan.upload) {
    request_size = (size_t)snprintf(request, sizeof request, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/octet-stream\r\nContent-Length: %zu\r\n%s%s%s\r\n",
        plan.path, plan.host, plan.upload, close, header, line);
  } else {
    request_size = (size_t)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\n%s%s%s\r\n", plan.path, plan.host, close, header, line);
  }
  if (!plan.tls) return;
  static const unsigned char protocols[] = "\x08http/1.1";
  context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_alpn_protos(context, protocols, sizeof protocols - 1);
}

int open_connection(struct connection *c) {
  struct sockaddr_in inet = {.sin_family = AF_INET, .sin_port = htons((uint16_t)plan.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct sockaddr_un local = {.sun_family = AF_UNIX};
  int yes = 1, result;
  c->fd = socket(plan.unix_path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (c->fd < 0) return failed("socket");
  if (plan.unix_path) {
    strncpy(local.sun_path, plan.unix_path, sizeof local.sun_path - 1);
    result = connect(c->fd, (struct sockaddr *)&local, sizeof local);
  } else {
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    result = connect(c->fd, (struct sockaddr *)&inet, sizeof inet);
  }
  if (result && errno != EINPROGRESS) return failed("connect");
  if (plan.tls) {
    c->ssl = SSL_new(context);
    SSL_set_fd(c->ssl, c->fd);
    SSL_set_tlsext_host_name(c->ssl, plan.host);
    SSL_set_connect_state(c->ssl);
  }
  c->state = CONNECTING;
  c->waits_for = EPOLLOUT;
  c->watched = 0;
  c->upgraded = 0;
  return 0;
}

void close_connection(struct connection *c) {
  if (c->ssl) {
    SSL_shutdown(c->ssl);
    SSL_free(c->ssl);
  }
  if (c->fd >= 0) close(c->fd);
  c->ssl = NULL;
  c->fd = -1;
  c->state = CLOSED;
}

/* What OpenSSL or the kernel said, as bytes, 0 for later, or -1. */
static ssize_t outcome(struct connection *c, ssize_t result, uint32_t event, const char *what) {
  if (result > 0) return result;
  if (c->ssl) {
    int error = SSL_get_error(c->ssl, (int)result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
      c->waits_for = error == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT;
      return 0;
    }
    if (error != SSL_ERROR_SYSCALL) errno = 0;
  } else if (result < 0 && errno == EAGAIN) {
    c->waits_for = event;
    return 0;
  } else if (result == 0) {
    errno = 0;
  }
  return failed(what);
}

static ssize_t write_some(struct connection *c, const void *data, size_t size) {
  errno = 0;
  return outcome(c, c->ssl ? SSL_write(c->ssl, data, (int)size) : send(c->fd, data, size, MSG_NOSIGNAL), EPOLLOUT, "sending");
}

static ssize_t read_some(struct connection *c, void *data, size_t size) {
  errno = 0;
  ssize_t got = outcome(c, c->ssl ? SSL_read(c->ssl, data, (int)size) : recv(c->fd, data, size, 0), EPOLLIN, "waiting for an answer");
  if (got > 0) bytes_received += (uint64_t)got;
  return got;
}

/* 1 when all is sent. */
static int send_all(struct connection *c) {
  int first = plan.websocket && !c->upgraded;
  const char *message = first ? upgrade : request;
  size_t size = first ? upgrade_size : request_size, whole = size + plan.upload;
  while (c->sent < whole) {
    int head = c->sent < size;
    size_t left = head ? size - c->sent : whole - c->sent;
    ssize_t wrote = write_some(c, head ? message + c->sent : filler, left < sizeof filler ? left : sizeof filler);
    if (wrote <= 0) return (int)wrote;
    c->sent += (size_t)wrote;
  }
  return 1;
}

static int refused(struct connection *c) {
  char *line = strchr(c->head, '\r');
  snprintf(why, sizeof why, "answered %.*s", line ? (int)(line - c->head) : 80, c->head);
  return -1;
}

/* 1 when the head is there; it says how much of the body is left. */
static int read_head(struct connection *c) {
  if (c->got == HEAD_ROOM) return refused(c);
  ssize_t got = read_some(c, c->head + c->got, HEAD_ROOM - c->got);
  if (got <= 0) return (int)got;
  c->got += (size_t)got;
  c->head[c->got] = 0;
  if (c->upgraded) {
    if (c->got < 2) return 0;
    if ((c->head[0] & 0x0f) != 2 || (size_t)c->head[1] != plan.websocket) return errno = EPROTO, failed("another message came back");
    c->left = 2 + plan.websocket - c->got;
    return c->headed = 1;
  }
  char *end = strstr(c->head, "\r\n\r\n");
  if (!end) return 0;
  if (plan.websocket) {
    c->left = 0;
    return strncmp(c->head, "HTTP/1.1 101 ", 13) ? refused(c) : (c->headed = 1);
  }
  char *length = strcasestr(c->head, "\r\ncontent-length:");
  if (strncmp(c->head, "HTTP/1.1 200 ", 13) || !length || length > end) return refused(c);
  uint64_t promised = strtoull(length + 17, NULL, 10), here = c->got - (size_t)(end + 4 - c->head);
  if (here > promised) return errno = EPROTO, failed("more came than was promised");
  c->left = promised - here;
  return c->headed = 1;
}

/* 1 when the whole answer is there. */
static int receive_all(struct connection *c) {
  static char body[256 * 1024];
  while (!c->headed) {
    size_t before = c->got;
    int result = read_head(c);
    if (result < 0 || (result == 0 && c->got == before)) return result;
  }
  while (c->left) {
    ssize_t got = read_some(c, body, c->left < sizeof body ? c->left : sizeof body);
    if (got <= 0) return (int)got;
    c->left -= (uint64_t)got;
  }
  return 1;
}

static void begin_message(struct connection *c) {
  c->state = SENDING;
  c->sent = c->got = 0;
  c->headed = 0;
}

int go_on(struct connection *c) {
  int result, error = 0;
  socklen_t size = sizeof error;
  for (;;) {
    switch (c->state) {
      case CONNECTING:
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error) return errno = error, failed("connect");
        if (c->ssl) c->state = SECURING;
        else begin_message(c);
        break;
      case SECURING:
        errno = 0;
        result = (int)outcome(c, SSL_connect(c->ssl), EPOLLIN, "TLS");
        if (result <= 0) return result;
        begin_message(c);
        break;
      case IDLE:
        begin_message(c);
        break;
      case SENDING:
        result = send_all(c);
        if (result <= 0) return result;
        c->state = RECEIVING;
        break;
      case RECEIVING:
        result = receive_all(c);
        if (result <= 0) return result;
        if (plan.websocket && !c->upgraded) {
          c->upgraded = 1;
          begin_message(c);
          break;
        }
        c->state = IDLE;
        c->waits_for = EPOLLIN;
        return 1;
      case CLOSED:
        return errno = 0, failed("not open");
    }
  }
}

/* Tickets of TLS come here too, and are no answer. */
int still_open(struct connection *c) {
  char byte;
  return read_some(c, &byte, 1) == 0;
}
