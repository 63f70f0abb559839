#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int file_write_at(int folder, const char *name, const char *text) {
  int fd = openat(folder, name, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t wrote = write(fd, text, strlen(text));
  int failure = errno;
  close(fd);
  errno = failure;
  return wrote < 0 ? -1 : 0;
}

int file_write(const char *path, const char *text) { return file_write_at(AT_FDCWD, path, text); }

int file_read_at(int folder, const char *name, char *text, size_t room) {
  int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t got = read(fd, text, room - 1);
  close(fd);
  if (got < 0) return -1;
  text[got] = 0;
  return (int)got;
}

int file_read(const char *path, char *text, size_t room) { return file_read_at(AT_FDCWD, path, text, room); }

long long file_number_at(int folder, const char *name, const char *word) {
  char text[4096];
  if (file_read_at(folder, name, text, sizeof text) < 0) return -1;
  if (!word) return strtoll(text, NULL, 10);
  size_t size = strlen(word);
  for (const char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
    if (!strncmp(line, word, size) && line[size] == ' ') return strtoll(line + size + 1, NULL, 10);
  return -1;
}

int file_await_memory(int *naps) {
  if ((errno != ENOMEM && errno != ENOBUFS) || (*naps)-- <= 0) return 0;
  struct timespec nap = {0, 1000000};
  nanosleep(&nap, NULL);
  return 1;
}
