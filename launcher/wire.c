#include "wire.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static uint32_t length_of(const unsigned char *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

enum wire_read wire_check(const unsigned char *bytes, size_t have, size_t *length) {
  if (have < WIRE_HEAD) return WIRE_AGAIN;
  uint32_t claimed = length_of(bytes);
  if (claimed < 2 || claimed > WIRE_LONGEST) return WIRE_BAD;
  *length = claimed;
  if (have < WIRE_HEAD + (size_t)claimed) return WIRE_AGAIN;
  return bytes[WIRE_HEAD + claimed - 1] == 0 ? WIRE_FRAME : WIRE_BAD;
}

enum wire_read wire_read(struct wire_reader *reader, int fd, const char **fields, size_t *length) {
  for (;;) {
    enum wire_read state = wire_check(reader->bytes, reader->have, length);
    if (state == WIRE_FRAME) {
      *fields = (const char *)reader->bytes + WIRE_HEAD;
      return WIRE_FRAME;
    }
    if (state == WIRE_BAD) return WIRE_BAD;
    if (reader->have == reader->room) {
      size_t room = reader->room ? reader->room * 2 : 4096;
      unsigned char *grown = malloc(room);
      if (!grown) return WIRE_BAD;
      if (reader->have) memcpy(grown, reader->bytes, reader->have);
      if (reader->bytes) explicit_bzero(reader->bytes, reader->room);
      free(reader->bytes);
      reader->bytes = grown;
      reader->room = room;
    }
    ssize_t got = recv(fd, reader->bytes + reader->have, reader->room - reader->have, MSG_DONTWAIT);
    if (got == 0) return WIRE_CLOSED;
    if (got < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN ? WIRE_AGAIN : WIRE_CLOSED;
    }
    reader->have += (size_t)got;
  }
}

void wire_next(struct wire_reader *reader) {
  size_t whole = WIRE_HEAD + length_of(reader->bytes);
  size_t rest = reader->have - whole;
  memmove(reader->bytes, reader->bytes + whole, rest);
  explicit_bzero(reader->bytes + rest, reader->have - rest);
  reader->have = rest;
}

void wire_free(struct wire_reader *reader) {
  if (reader->bytes) explicit_bzero(reader->bytes, reader->room);
  free(reader->bytes);
  memset(reader, 0, sizeof *reader);
}

void wire_begin(struct wire_writer *writer, const char *verb) {
  writer->used = WIRE_HEAD;
  writer->cut = 0;
  size_t size = strlen(verb) + 1;
  memcpy(writer->bytes + writer->used, verb, size);
  writer->used += size;
}

void wire_field(struct wire_writer *writer, const char *key, const char *format, ...) {
  size_t room = sizeof writer->bytes - writer->used;
  int head = snprintf(writer->bytes + writer->used, room, "%s=", key);
  if (head < 0 || (size_t)head >= room) {
    writer->cut = 1;
    return;
  }
  va_list arguments;
  va_start(arguments, format);
  int tail = vsnprintf(writer->bytes + writer->used + head, room - (size_t)head, format, arguments);
  va_end(arguments);
  if (tail < 0 || (size_t)head + (size_t)tail >= room) {
    writer->cut = 1;
    return;
  }
  writer->used += (size_t)head + (size_t)tail + 1;
}

int wire_send(struct wire_writer *writer, int fd) {
  uint32_t length = (uint32_t)(writer->used - WIRE_HEAD);
  for (int i = 0; i < 4; i++) writer->bytes[i] = (char)(length >> (24 - 8 * i));
  for (;;) {
    ssize_t sent = send(fd, writer->bytes, writer->used, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == (ssize_t)writer->used) return 0;
    if (sent < 0 && errno == EINTR) continue;
    return -1;
  }
}
