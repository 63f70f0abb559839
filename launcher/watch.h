/* Descriptors and what to do when they are ready: all that an event loop is here. */
#ifndef MAYFLY_WATCH_H
#define MAYFLY_WATCH_H

#include <sys/epoll.h>

struct watch {
  int fd; /* -1: not watched */
  unsigned events;
  void (*ready)(struct watch *watch, unsigned events);
};

int watch_open(void);
void watch_add(int loop, struct watch *watch, unsigned events);
/* The same where it may fail: for want of memory, or of what a user may watch. 0, or -1 with errno. */
int watch_try(int loop, struct watch *watch, unsigned events);
/* Nothing is asked of the kernel where nothing changes. */
void watch_change(int loop, struct watch *watch, unsigned events);
/* Takes it out and closes it. */
void watch_close(int loop, struct watch *watch);
/* Waits for one of them and calls it; -1 milliseconds: as long as it takes. False when none was ready in that time. */
int watch_wait(int loop, int milliseconds);

#endif
