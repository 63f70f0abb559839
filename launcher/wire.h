/* Frames between the server and the launcher, as docs/launcher-protocol.md lays them down: a length, then fields that end with NUL. */
#ifndef MAYFLY_WIRE_H
#define MAYFLY_WIRE_H

#include <stddef.h>
#include <stdint.h>

enum { WIRE_LONGEST = 256 * 1024, WIRE_HEAD = 4 };

/* Collects one frame at a time from a non-blocking socket. Memory is taken as bytes come, never for what a length only claims. */
struct wire_reader {
  unsigned char *bytes;
  size_t have, room;
};

enum wire_read { WIRE_AGAIN, WIRE_FRAME, WIRE_CLOSED, WIRE_BAD };

/* Reads until a frame is whole. WIRE_FRAME: *fields and *length name its content, which ends with NUL and lives until wire_next(). */
enum wire_read wire_read(struct wire_reader *reader, int fd, const char **fields, size_t *length);

/* Forgets the frame that was just read, wiping it: frames hold the secrets of functions. */
void wire_next(struct wire_reader *reader);

void wire_free(struct wire_reader *reader);

/* The same frame check on bytes in memory, for tests: WIRE_FRAME, WIRE_AGAIN or WIRE_BAD. */
enum wire_read wire_check(const unsigned char *bytes, size_t have, size_t *length);

/* A frame under construction, of bounded size: what does not fit is cut, and said to be. */
struct wire_writer {
  char bytes[4096];
  size_t used;
  int cut;
};

void wire_begin(struct wire_writer *writer, const char *verb);
void wire_field(struct wire_writer *writer, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Sends it without blocking; 0, or -1 when the other side does not read or is gone. Frames to the server are few and small. */
int wire_send(struct wire_writer *writer, int fd);

#endif
