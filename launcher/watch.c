#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

int watch_open(void) { return epoll_create1(EPOLL_CLOEXEC); }

static void control(int loop, int operation, struct watch *watch) {
  struct epoll_event event = {.events = watch->events, .data.ptr = watch};
  if (epoll_ctl(loop, operation, watch->fd, &event) && errno != ENOENT) abort(); /* a descriptor of ours that is none: state is broken */
}

void watch_add(int loop, struct watch *watch, unsigned events) {
  watch->events = events;
  control(loop, EPOLL_CTL_ADD, watch);
}

int watch_try(int loop, struct watch *watch, unsigned events) {
  struct epoll_event event = {.events = events, .data.ptr = watch};
  watch->events = events;
  return epoll_ctl(loop, EPOLL_CTL_ADD, watch->fd, &event);
}

void watch_change(int loop, struct watch *watch, unsigned events) {
  if (watch->events == events) return;
  watch->events = events;
  control(loop, EPOLL_CTL_MOD, watch);
}

void watch_close(int loop, struct watch *watch) {
  if (watch->fd < 0) return;
  control(loop, EPOLL_CTL_DEL, watch);
  close(watch->fd);
  watch->fd = -1;
}

/* One at a time: what one of them does may end another, whose event must not come up any more. Level-triggered, so nothing is lost. */
int watch_wait(int loop, int milliseconds) {
  struct epoll_event event;
  if (epoll_wait(loop, &event, 1, milliseconds) != 1) return 0;
  struct watch *watch = event.data.ptr;
  watch->ready(watch, event.events);
  return 1;
}
