/* Small reads and writes of kernel files. */
#ifndef MAYFLY_FILES_H
#define MAYFLY_FILES_H

#include <stddef.h>

/* 0, or -1 with errno. */
int file_write(const char *path, const char *text);
int file_write_at(int folder, const char *name, const char *text);
/* Bytes read, the text ends with NUL; -1 with errno. */
int file_read(const char *path, char *text, size_t room);
int file_read_at(int folder, const char *name, char *text, size_t room);
/* The number after a word at the start of a line; -1: not there. NULL for the first number. */
long long file_number_at(int folder, const char *name, const char *word);

enum { NAPS = 2000 };

/* After a write that failed: whether to do it once more, for want of memory, which a sandbox that has used all of its own is about to be ended for.
 * Sleeps a millisecond before, NAPS times in all. */
int file_await_memory(int *naps);

#endif
