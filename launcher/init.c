#include "init.h"
#include "dns.h"
#include "order.h"
#include "frames.h"
#include "relay.h"
#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* One stream of the program's output, cut into lines. */
struct stream {
  struct watch watch;
  int number, cut; /* cut: the longest piece of a line was told, and its end is still to come */
  size_t held;
  char bytes[LONGEST_TEXT];
};

static struct {
  int loop, control;
  struct doors *doors;
  struct request *request;
  pid_t program; /* 0: none yet */
  int ended, status;
  struct watch signals, channel, seating;
  struct stream out, err;
} init;

static void end(int code) __attribute__((noreturn));
static void end(int code) {
  kill(-1, SIGKILL); /* everything in this pid namespace but this process */
  _exit(code);
}

static void emit(struct stream *stream, const char *text, size_t length) {
  if (frame_log(init.control, stream->number, 0, text, length)) end(1);
}

/* False at the end of the stream, or when there is nothing to read now. */
static int pump(struct stream *stream) {
  ssize_t got = read(stream->watch.fd, stream->bytes + stream->held, sizeof stream->bytes - stream->held);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (got <= 0) {
    watch_close(init.loop, &stream->watch);
    return 0;
  }
  stream->held += (size_t)got;
  char *line = stream->bytes, *last = stream->bytes + stream->held;
  for (char *newline; (newline = memchr(line, '\n', (size_t)(last - line))); line = newline + 1, stream->cut = 0)
    if (newline > line || !stream->cut) emit(stream, line, (size_t)(newline - line));
  stream->held = (size_t)(last - line);
  if (stream->held == sizeof stream->bytes) {
    emit(stream, stream->bytes, stream->held);
    stream->held = 0;
    stream->cut = 1;
  }
  memmove(stream->bytes, line, stream->held);
  return 1;
}

static void stream_ready(struct watch *watch, unsigned events) {
  (void)events;
  pump((struct stream *)watch);
}

static void finish(struct stream *stream) {
  while (stream->watch.fd >= 0 && pump(stream)) {}
  if (stream->held) emit(stream, stream->bytes, stream->held);
}

static void open_stream(struct stream *stream, int fd, int number) {
  stream->watch = (struct watch){.fd = fd, .ready = stream_ready};
  stream->number = number;
  fcntl(fd, F_SETFL, O_NONBLOCK);
  watch_add(init.loop, &stream->watch, EPOLLIN);
}

static void reap(void) {
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return;
    /* A seat ends well when its copy is there. */
    int seat = init.request->seated && pid == init.program - 1 && status;
    if (pid != init.program && !seat) continue;
    init.ended = 1;
    init.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
}

/* Who gave the seats of a zygote in turn has ended. The program, which goes on in its place, is a child of this process; or there is none to come. */
static void seating_ready(struct watch *watch, unsigned events) {
  (void)events;
  siginfo_t program;
  watch_close(init.loop, watch);
  reap();
  if (init.ended || !waitid(P_PID, (id_t)init.program, &program, WEXITED | WNOHANG | WNOWAIT)) return;
  init.ended = 1;
  init.status = 128 + SIGKILL; /* as of whatever is ended from outside */
}

static void signals_ready(struct watch *watch, unsigned events) {
  (void)events;
  struct signalfd_siginfo info;
  while (read(watch->fd, &info, sizeof info) == sizeof info)
    /* Where it is not there yet, nothing of it would be lost. */
    if (info.ssi_signo == SIGTERM && (!init.program || (kill(init.program, SIGTERM) && errno == ESRCH))) end(128 + SIGTERM);
  reap();
}

static void begin(pid_t program) {
  init.program = program;
  close(init.doors->program_out);
  close(init.doors->program_err);
  if (init.request->shape == SHAPE_WORKER) {
    close(init.doors->listener);
    close(init.doors->worker);
  }
  if (init.request->shape == SHAPE_SERVER) relay_watch(init.loop, init.doors, init.request, program);
}

/* Of the server's frames only `start` means anything, to an init without a program; its end means that the server is gone. */
static void channel_ready(struct watch *watch, unsigned events) {
  (void)events;
  enum order got = order_read(watch->fd, init.program ? NULL : init.request);
  if (got == ORDER_GONE) end(1);
  if (got != ORDER_START) return;
  pid_t program = init_start(init.request, init.doors, NULL);
  if (program < 0) end(1);
  begin(program);
}

static uint64_t cpu_micros(void) {
  struct rusage used;
  getrusage(RUSAGE_CHILDREN, &used);
  return (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 + (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

/* Nothing outlives the program; what it said last is still told. */
static void leave(int relayed) __attribute__((noreturn));
static void leave(int relayed) {
  kill(-1, SIGKILL);
  while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {}
  finish(&init.out);
  finish(&init.err);
  if (relayed) relay_ended(init.status);
  int status = relayed && relay_draining() && init.status == 128 + SIGTERM ? 0 : init.status;
  frame_exit(init.control, (unsigned)status, cpu_micros());
  _exit(status > 255 ? 255 : status);
}

void init_run(struct request *request, struct doors *doors, pid_t program, const char *domain) {
  close(doors->report);
  close(doors->memory);
  init.loop = watch_open();
  init.control = doors->control;
  init.doors = doors;
  init.request = request;
  sigset_t handled;
  sigemptyset(&handled);
  sigaddset(&handled, SIGCHLD);
  sigaddset(&handled, SIGTERM);
  init.signals = (struct watch){.fd = signalfd(-1, &handled, SFD_NONBLOCK | SFD_CLOEXEC), .ready = signals_ready};
  init.channel = (struct watch){.fd = doors->control, .ready = channel_ready};
  watch_add(init.loop, &init.signals, EPOLLIN);
  watch_add(init.loop, &init.channel, EPOLLIN);
  open_stream(&init.out, doors->out, 1);
  open_stream(&init.err, doors->err, 2);
  dns_watch(init.loop, doors, domain);
  if (program) begin(program);
  init.seating = (struct watch){.fd = doors->answer, .ready = seating_ready};
  if (doors->answer >= 0) watch_add(init.loop, &init.seating, EPOLLIN);
  if (frame_hello(init.control, ROLE_INIT)) end(1);
  reap(); /* it may have ended already */
  while (!init.ended) {
    int relayed = init.program && request->shape == SHAPE_SERVER;
    watch_wait(init.loop, relayed ? relay_patience() : -1);
    if (relayed) relay_tick();
  }
  leave(request->shape == SHAPE_SERVER);
}
