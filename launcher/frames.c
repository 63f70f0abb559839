#include "frames.h"

#include "files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { HELLO = 0x10, READY = 0x11, FAILED = 0x12, STARTED = 0x13, ENDED = 0x14, LOG = 0x15, EXIT = 0x16 };

static void put(unsigned char *to, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++) to[i] = (unsigned char)(value >> 8 * (bytes - 1 - i));
}

static int send_frame(int channel, int type, const unsigned char *head, size_t head_size, const char *text, size_t text_size) {
  unsigned char start[5];
  put(start, 1 + head_size + text_size, 4);
  start[4] = (unsigned char)type;
  struct iovec parts[] = {{start, 5}, {(void *)(uintptr_t)head, head_size}, {(void *)(uintptr_t)text, text_size}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
  int naps = NAPS;
  for (size_t left = 5 + head_size + text_size; left;) {
    ssize_t sent = sendmsg(channel, &message, MSG_NOSIGNAL);
    if (sent < 0 && (errno == EINTR || file_await_memory(&naps))) continue;
    if (sent <= 0) return -1;
    left -= (size_t)sent;
    for (size_t gone = (size_t)sent; gone;) {
      size_t here = gone < message.msg_iov->iov_len ? gone : message.msg_iov->iov_len;
      message.msg_iov->iov_base = (char *)message.msg_iov->iov_base + here;
      message.msg_iov->iov_len -= here;
      gone -= here;
      if (!message.msg_iov->iov_len && message.msg_iovlen > 1) message.msg_iov++, message.msg_iovlen--;
    }
  }
  return 0;
}

int frame_hello(int channel, int role) {
  unsigned char head[5] = {(unsigned char)role};
  put(head + 1, role == ROLE_INIT ? 1 : 2, 4);
  return send_frame(channel, HELLO, head, sizeof head, "", 0);
}

int frame_ready(int channel, const char *mode) {
  char text[64];
  int size = snprintf(text, sizeof text, "{\"mode\":\"%s\"}", mode);
  return send_frame(channel, READY, NULL, 0, text, (size_t)size);
}

int frame_failed(int channel, const char *code, const char *message) {
  char text[300];
  int size = snprintf(text, sizeof text, "{\"code\":\"%s\",\"message\":\"%s\",\"detail\":\"\"}", code, message);
  return send_frame(channel, FAILED, NULL, 0, text, (size_t)size);
}

int frame_invocation(int channel, int ended, uint64_t invocation) {
  unsigned char head[8];
  put(head, invocation, 8);
  return send_frame(channel, ended ? ENDED : STARTED, head, sizeof head, "", 0);
}

int frame_log(int channel, int stream, int level, const char *text, size_t length) {
  unsigned char head[18] = {0};
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  head[8] = (unsigned char)stream;
  head[9] = (unsigned char)level;
  put(head + 10, (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000, 8);
  return send_frame(channel, LOG, head, sizeof head, text, length);
}

int frame_exit(int channel, unsigned status, uint64_t cpu_micros) {
  unsigned char head[12];
  put(head, status, 4);
  put(head + 4, cpu_micros, 8);
  return send_frame(channel, EXIT, head, sizeof head, "", 0);
}
