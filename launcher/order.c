#include "order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { START = 0x03, HEAD = 5, LONGEST = 256 * 1024 };

static struct {
  unsigned char *bytes; /* the frame as far as it has come; its text stays, because the program's words are in it until it runs */
  size_t have, room;
} frame;

/* 1: read something, 0: nothing there now, -1: gone. */
static int fill(int channel, size_t wanted) {
  if (frame.room < wanted) {
    unsigned char *more = realloc(frame.bytes, wanted);
    if (!more) return -1;
    frame.bytes = more;
    frame.room = wanted;
  }
  ssize_t got = recv(channel, frame.bytes + frame.have, wanted - frame.have, MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
  frame.have += (size_t)got;
  return got ? 1 : -1;
}

static enum order pass_over(int channel) {
  char ignored[512];
  ssize_t got = recv(channel, ignored, sizeof ignored, MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR) ? ORDER_GONE : ORDER_NONE;
}

enum order order_read(int channel, struct request *request) {
  if (!request) return pass_over(channel);
  for (;;) {
    size_t wanted = HEAD;
    if (frame.have >= HEAD) {
      size_t length = (size_t)frame.bytes[0] << 24 | (size_t)frame.bytes[1] << 16 | (size_t)frame.bytes[2] << 8 | frame.bytes[3];
      if (length < 2 || length > LONGEST || frame.bytes[4] != START) return ORDER_GONE;
      wanted = 4 + length;
    }
    if (frame.have == wanted && wanted > HEAD) {
      char why[200];
      const char *fields = (const char *)frame.bytes + HEAD;
      return frame.bytes[wanted - 1] || request_parse_start(request, fields, wanted - HEAD, why, sizeof why) ? ORDER_GONE : ORDER_START;
    }
    int got = fill(channel, wanted);
    if (got < 0) return ORDER_GONE;
    if (!got) return ORDER_NONE;
  }
}
