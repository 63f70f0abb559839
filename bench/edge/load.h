/* What the parts of the load generator share: what was asked for, and one connection. */
#ifndef LOAD_H
#define LOAD_H

#include <openssl/ssl.h>
#include <stddef.h>
#include <stdint.h>

enum { HEAD_ROOM = 16384 };

struct plan {
  const char *unix_path, *host, *path, *header;
  int port, tls, connections, fresh, hold;
  double rate, seconds;
  long requests;
  size_t upload, websocket;
  long seed;
};

enum state { CLOSED, CONNECTING, SECURING, SENDING, RECEIVING, IDLE };

struct connection {
  int fd;
  SSL *ssl;
  enum state state;
  int upgraded;      /* to a WebSocket */
  uint32_t waits_for, watched; /* events of epoll: now, and as epoll knows them */
  int64_t due;       /* when the request was to be sent, nanoseconds */
  size_t sent;       /* of the request, head and body */
  size_t got;        /* of the answer's head */
  int headed;        /* whether the whole head is there */
  uint64_t left;     /* of the answer's body */
  char head[HEAD_ROOM + 1];
};

extern struct plan plan;
extern uint64_t bytes_received;

/* The request that all connections send. */
void prepare(void);

/* 0, or -1 with a reason. */
int open_connection(struct connection *connection);
void close_connection(struct connection *connection);

/* Goes on as far as it can: 1 when the whole answer has come, 0 when it waits for an event, -1 when it failed. */
int go_on(struct connection *connection);

/* Whether one that has nothing under way is still open. */
int still_open(struct connection *connection);

const char *reason(void);

#endif
